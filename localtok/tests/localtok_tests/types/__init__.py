"""localtok's browser library held against the vendor's published types, member by member.

`python -m localtok_tests.types` prints the table. `vendor.mjs` lists the members of opentok.d.ts,
`library.mjs` reads localtok's parts, `compare.mjs` compares them with the TypeScript compiler; this package
runs it and knows the list of differences, `differences.toml`.
"""
