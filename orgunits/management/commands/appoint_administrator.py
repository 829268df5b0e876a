"""``manage.py appoint_administrator``: the first administrator of an installation without a sample."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from orgunits import invitations


class Command(BaseCommand):
    help = "Makes an address an administrator of the whole installation and prints the link that sets the password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("full_name", help="the name as others read it, in quotes")

    def handle(self, *, email: str, full_name: str, **options: Any) -> None:
        try:
            user, invitation = invitations.appoint_administrator(email, full_name, on=timezone.localdate())
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{user.email} is an administrator of the whole installation.")
        if invitation:
            self.stdout.write(f"To set the password, open: {invitations.password_link(user)}")
            self.stdout.write("The same link goes out by e-mail.")
