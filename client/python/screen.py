#!/usr/bin/python3
"""Screens a patient over gRPC.

Usage: screen.py HOST:PORT REQUEST.json

Needs Debian's python3-grpcio and python3-protobuf, and gen/ from `generate`.
"""

import os
import pathlib
import sys

GENERATED = os.environ.get(
    "NEEDLEWISE_GENERATED", pathlib.Path(__file__).resolve().parent / "gen")
sys.path.insert(0, str(GENERATED))

import grpc
from google.protobuf import json_format

from needlewise.v1 import screening_pb2, screening_pb2_grpc

TIMEOUT_SECONDS = 10


def name_of(verdict):
    return screening_pb2.Verdict.Name(verdict)


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: screen.py HOST:PORT REQUEST.json")
    address, file = sys.argv[1:]
    # A request that is tried again after UNAVAILABLE should have a request_id.
    request = json_format.Parse(
        pathlib.Path(file).read_text(encoding="utf-8"),
        screening_pb2.ScreenEligibilityRequest())
    # Patient data: use grpc.secure_channel for anything but loopback.
    with grpc.insecure_channel(address) as channel:
        service = screening_pb2_grpc.ScreeningServiceStub(channel)
        try:
            response = service.ScreenEligibility(
                request, timeout=TIMEOUT_SECONDS)
        except grpc.RpcError as error:
            sys.exit(f"{error.code().name}: {error.details()}")
    print(f"decision {response.decision_id}")
    for treatment in response.decision.treatments:
        # Missing data is an answer, too: VERDICT_DATA_REQUIRED.
        print(f"{treatment.treatment} {name_of(treatment.verdict)}")
        for area in treatment.areas:
            print(f"  {area.area} {name_of(area.verdict)}")
            for question in area.outstanding:
                print(f"    still to be asked: {question.concept}")


if __name__ == "__main__":
    main()
