"""`manage.py create_room`: a room with a link of its own."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from archives import errors
from archives.models import Room, Strategy
from archives.services import rooms
from archives.services.people.links import invitation_for_all
from archives.web import access


class Command(BaseCommand):
    help = "Creates a room and prints its addresses."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the name in the link, such as court-3")
        parser.add_argument("--name", default="", help="the name that people see; the slug where left out")
        parser.add_argument(
            "--access",
            default="",
            choices=[value for value in Room.Access.values if value],
            help="who may enter; ROOM_ACCESS where left out",
        )
        parser.add_argument(
            "--strategy", default="", choices=Strategy.values, help="RESTART_STRATEGY where left out"
        )
        parser.add_argument(
            "--restart-after", type=int, metavar="SECONDS", help="RESTART_AFTER where left out"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            room = rooms.create(
                slug=options["slug"],
                name=options["name"],
                access=options["access"],
                strategy=options["strategy"],
                restart_after_s=options["restart_after"],
            )
        except errors.ArchiveError as error:
            raise CommandError(error.message) from error
        self._tell(room)

    def _tell(self, room: Room) -> None:
        link = reverse("participant", args=[room.slug])
        if room.access_used == Room.Access.INVITE:
            link += f"?invite={access.link_text(invitation_for_all(room=room))}"
        self.stdout.write(f"participants  {link}")
        self.stdout.write(f"host          {reverse('host', args=[room.slug])}")
