from localtok.cli import main

main()
