#!/bin/sh
# Makes the namespace that TEMPORAL_NAMESPACE names, with the search attributes of runs. Run again it changes nothing.
set -eu
until temporal operator cluster health > /dev/null 2>&1; do sleep 1; done

# Ten years: a run that has ended is still to be looked at.
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" > /dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 87600h
until temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" > /dev/null 2>&1; do sleep 1; done

temporal operator search-attribute create \
  --name AlpacaStage --type Keyword --name AlpacaState --type Keyword --name AlpacaModel --type Keyword \
  --name AlpacaAccepted --type Int --name AlpacaCostUsd --type Double
