#!/bin/bash
# build_files_test.sh GAZELLE GO.MOD
#
# Fails if Gazelle would change a BUILD file of the tree that go.mod is in.
set -euo pipefail

BUILD_WORKSPACE_DIRECTORY=$(dirname "$(readlink -f "$2")")
export BUILD_WORKSPACE_DIRECTORY
if ! "$1" update -mode=diff; then
	echo 'The BUILD files do not say what the Go files need. Mend them with: ./bazelw run //:gazelle'
	exit 1
fi
