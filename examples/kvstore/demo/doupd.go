package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"time"
)

// An outcome is what doupd says about an update.
type outcome struct {
	Outcome string `json:"outcome"` // "updated", or what else happened
	Message string `json:"message"`
	Times   struct {
		Wait      time.Duration `json:"wait"` // for the update point
		Load      time.Duration `json:"load"`
		Quiesce   time.Duration `json:"quiesce"`
		Transform time.Duration `json:"transform"`
		Commit    time.Duration `json:"commit"`
		Total     time.Duration `json:"total"`
	} `json:"times_ns"`
	Objects struct {
		Moved   int64 `json:"moved"`
		InPlace int64 `json:"in_place"`
		Bytes   int64 `json:"bytes"`
	} `json:"objects"`
}

// update runs doupd, which updates the process to the version in the file
// `next`. An update that was refused or has failed is an outcome, not an
// error.
func update(ctx context.Context, doupd string, pid int, next string) (outcome, error) {
	var o outcome
	stdout, err := exec.CommandContext(ctx, doupd, "--json", strconv.Itoa(pid), next).Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return o, err
	}
	if err := json.Unmarshal(stdout, &o); err != nil {
		var stderr []byte
		if exit != nil {
			stderr = exit.Stderr
		}
		return o, fmt.Errorf("%s --json %d %s printed no outcome: %w\n%s%s", doupd, pid, next, err, stdout, stderr)
	}
	if (err == nil) != (o.Outcome == "updated") {
		return o, fmt.Errorf("%s: the outcome is %q, but it ended with %v", doupd, o.Outcome, err)
	}
	return o, nil
}
