// Starts a run, changes it, follows it, and waits for its result.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"alpaca-temporal/clients/go/contracts"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

const betweenLooks = time.Second

func main() {
	if err := run(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, workflowID string) error {
	temporalClient, err := client.Dial(client.Options{HostPort: setting("TEMPORAL_ADDRESS", "127.0.0.1:7233")})
	if err != nil {
		return err
	}
	defer temporalClient.Close()
	options := client.StartWorkflowOptions{ID: workflowID, TaskQueue: setting("ALPACA_TASK_QUEUE", "alpaca")}
	started, err := temporalClient.ExecuteWorkflow(ctx, options, "alpaca", contracts.AlpacaInput{
		BudgetUsd: contracts.Set(1.0),
		Generate:  contracts.Set(contracts.GenerateSettings{Target: contracts.Set[int64](200)}),
	})
	if err != nil {
		return err
	}
	changed, err := setTarget(ctx, temporalClient, workflowID, 100)
	if err != nil {
		return err
	}
	fmt.Println("target", changed.Target)
	if _, err := setTarget(ctx, temporalClient, workflowID, -1); err != nil {
		fmt.Println("refused", codeOf(err))
	}
	following, stop := context.WithCancel(ctx)
	go follow(following, temporalClient, workflowID)
	var result contracts.AlpacaResult
	err = started.Get(ctx, &result)
	stop()
	if err != nil {
		return fmt.Errorf("%s: %w", codeOf(err), err)
	}
	fmt.Println("rows", result.Rows, "loss", result.Train.Loss.After, result.Train.Model.Uri)
	return nil
}

func setTarget(ctx context.Context, from client.Client, workflowID string, target int) (contracts.ControlState, error) {
	var state contracts.ControlState
	update, err := from.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID:   workflowID,
		UpdateName:   "setTarget",
		Args:         []any{target},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return state, err
	}
	return state, update.Get(ctx, &state)
}

func follow(ctx context.Context, from client.Client, workflowID string) {
	for ctx.Err() == nil {
		answer, err := from.QueryWorkflow(ctx, workflowID, "", "progress")
		var progress contracts.Progress
		if err == nil && answer.Get(&progress) == nil {
			fmt.Println("stage", progress.Stage, progress.Accepted)
		}
		select {
		case <-ctx.Done():
		case <-time.After(betweenLooks):
		}
	}
}

// codeOf gives one of docs/failures.md; empty where there is none, as of a run that was cancelled.
func codeOf(err error) string {
	var failure *temporal.ApplicationError
	if errors.As(err, &failure) {
		return failure.Type()
	}
	return ""
}

func setting(name, usual string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return usual
}
