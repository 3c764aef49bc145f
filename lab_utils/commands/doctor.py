"""``lab doctor``: what is missing, and how to get it."""

from __future__ import annotations

import argparse
from itertools import chain

from lab_utils.commands.answers import print_json
from lab_utils.doctor.examination import examine
from lab_utils.doctor.symptoms import MISSING, Symptom, missing
from lab_utils.errors import SettingsError
from lab_utils.settings import Settings, read_settings


def doctor(arguments: argparse.Namespace) -> int:
    """Examine machine, workspace and target; return 1 where something needed is missing."""
    settings, wrong = _settings(arguments)
    symptoms = []
    for symptom in chain(wrong, examine(settings)):
        symptoms.append(symptom)
        if not arguments.json:
            print(symptom.line(), flush=True)
    lacking = sum(one.status == MISSING for one in symptoms)
    if arguments.json:
        print_json({"is_well": not lacking, "symptoms": [one.to_json() for one in symptoms]})
    else:
        print(f"{lacking} missing" if lacking else "nothing is missing")
    return 1 if lacking else 0


def _settings(arguments: argparse.Namespace) -> tuple[Settings, list[Symptom]]:
    """Return the settings, and what is wrong with them; then the defaults stand in."""
    try:
        return read_settings(target=arguments.target, workspace=arguments.workspace), []
    except SettingsError as error:
        return read_settings(environ={}), [missing("settings", error.happened, error.next_step)]
