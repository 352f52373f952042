package alpaca;

import alpaca.Contracts.AlpacaInput;
import alpaca.Contracts.AlpacaResult;
import alpaca.Contracts.ControlState;
import alpaca.Contracts.GenerateSettings;
import alpaca.Contracts.Progress;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.client.WorkflowUpdateException;
import io.temporal.failure.ApplicationFailure;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Starts a run, changes it, follows it, and waits for its result. */
public final class Example {
    private static final int SECONDS_BETWEEN_LOOKS = 1;

    public static void main(String[] args) throws InterruptedException {
        var options = WorkflowServiceStubsOptions.newBuilder()
            .setTarget(setting("TEMPORAL_ADDRESS", "127.0.0.1:7233"))
            .build();
        var service = WorkflowServiceStubs.newServiceStubs(options);
        int code = run(WorkflowClient.newInstance(service), args[0]);
        service.shutdownNow();
        System.exit(code);
    }

    private static int run(WorkflowClient client, String workflowId) throws InterruptedException {
        var run = client.newUntypedWorkflowStub(
            "alpaca",
            WorkflowOptions.newBuilder()
                .setWorkflowId(workflowId)
                .setTaskQueue(setting("ALPACA_TASK_QUEUE", "alpaca"))
                .build());
        var input = new AlpacaInput();
        input.budgetUsd = Optional.of(1.0);
        input.generate = new GenerateSettings();
        input.generate.target = 200L;
        run.start(input);
        System.out.println("target " + run.update("setTarget", ControlState.class, 100).target);
        try {
            run.update("setTarget", ControlState.class, -1);
        } catch (WorkflowUpdateException refused) {
            System.out.println("refused " + codeOf(refused));
        }
        try {
            var result = follow(run);
            System.out.println("rows " + result.rows + " loss " + result.train.loss.after + " " + result.train.model.uri);
            return 0;
        } catch (ExecutionException failed) {
            System.err.println(codeOf(failed) + ": " + failed.getCause().getCause().getMessage());
            return 1;
        }
    }

    private static AlpacaResult follow(WorkflowStub run) throws ExecutionException, InterruptedException {
        CompletableFuture<AlpacaResult> result = run.getResultAsync(AlpacaResult.class);
        while (true) {
            try {
                return result.get(SECONDS_BETWEEN_LOOKS, TimeUnit.SECONDS);
            } catch (TimeoutException stillRunning) {
                var progress = run.query("progress", Progress.class);
                System.out.println("stage " + progress.stage + " " + progress.accepted);
            }
        }
    }

    /** One of docs/failures.md; empty where there is none, as of a run that was cancelled. */
    private static String codeOf(Throwable error) {
        for (Throwable at = error; at != null; at = at.getCause())
            if (at instanceof ApplicationFailure failure) return failure.getType();
        return "";
    }

    private static String setting(String name, String usual) {
        return Optional.ofNullable(System.getenv(name)).filter(value -> !value.isEmpty()).orElse(usual);
    }

    private Example() {}
}
