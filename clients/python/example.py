"""Starts a run, changes it, follows it, and waits for its result."""

import asyncio
import os
import sys

from temporalio.client import Client, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError

from alpaca_contracts import AlpacaInput, AlpacaResult, ControlState, GenerateSettings, Progress

SECONDS_BETWEEN_LOOKS = 1


async def main(workflow_id: str) -> int:
    client = await Client.connect(
        os.environ.get("TEMPORAL_ADDRESS", "127.0.0.1:7233"), data_converter=pydantic_data_converter
    )
    run = await client.start_workflow(
        "alpaca",
        AlpacaInput(budgetUsd=1, generate=GenerateSettings(target=200)).sent(),
        id=workflow_id,
        task_queue=os.environ.get("ALPACA_TASK_QUEUE", "alpaca"),
        result_type=AlpacaResult,
    )
    changed = await run.execute_update("setTarget", 100, result_type=ControlState)
    print("target", changed.target, flush=True)
    try:
        await run.execute_update("setTarget", -1, result_type=ControlState)
    except WorkflowUpdateFailedError as error:
        print("refused", code_of(error.cause), flush=True)
    result = asyncio.ensure_future(run.result())
    while not (await asyncio.wait([result], timeout=SECONDS_BETWEEN_LOOKS))[0]:
        progress = await run.query("progress", result_type=Progress)
        print("stage", progress.stage, progress.accepted, flush=True)
    try:
        whole = await result
    except WorkflowFailureError as error:
        print(f"{code_of(error.cause)}: {error.cause}", file=sys.stderr, flush=True)
        return 1
    print("rows", whole.rows, "loss", whole.train.loss.after, whole.train.model.uri, flush=True)
    return 0


def code_of(cause: BaseException | None) -> str:
    """One of docs/failures.md; where there is none, the kind of the error, such as CancelledError."""
    return cause.type or "" if isinstance(cause, ApplicationError) else type(cause).__name__


# The SDK's threads may abort an interpreter that ends right after its last call: temporalio/sdk-python#300.
os._exit(asyncio.run(main(sys.argv[1])))
