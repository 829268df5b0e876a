"""The suite runs on the database that was asked for; without this it could run on SQLite in silence."""

import os
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connection

POSTGRES = os.environ["MANGNON_TEST_DB"] == "postgres"


@pytest.mark.django_db
def test_vendor_is_what_was_asked_for():
    assert connection.vendor == ("postgresql" if POSTGRES else "sqlite")


@pytest.mark.django_db
def test_connection_leads_to_the_private_test_database():
    name = str(connection.settings_dict["NAME"])
    if POSTGRES:
        assert name.startswith("test_")
        assert Path(connection.settings_dict["OPTIONS"]["host"]).name.startswith("mangnon-postgres-")
    else:
        assert Path(name).is_relative_to(settings.DATA_DIR)


def test_data_folder_is_a_throwaway():
    assert "mangnon-test-" in str(settings.DATA_DIR)


@pytest.mark.services
def test_private_redis_answers():
    with redis.Redis.from_url(os.environ["TEST_REDIS_URL"].replace("redis+socket://", "unix://")) as client:
        assert client.ping() is True
