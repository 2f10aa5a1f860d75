"""What `bazel run` starts: a script that finds a tool and a shared object among its runfiles."""

_SCRIPT = """#!/bin/sh
# Generated. Runs {description}
case $0 in /*) self=$0 ;; *) self=$PWD/$0 ;; esac
for runfiles in "$self.runfiles" "${{self%.runfiles/*}}.runfiles" "${{RUNFILES_DIR:-}}"; do
    [ ! -e "$runfiles/{tool}" ] || break
done
if [ ! -e "$runfiles/{tool}" ]; then
    echo "$0: cannot find its runfiles: start it with \\"bazel run\\", or from bazel-bin" >&2
    exit 1
fi
export RUNFILES_DIR="$runfiles"
cd "${{BUILD_WORKING_DIRECTORY:-.}}" || exit
exec "$runfiles/{tool}" {arguments}
"""

def launcher(ctx, description, tool, arguments, file, runfiles = []):
    """Writes the rule's executable.

    Args:
      ctx: the rule's context.
      description: of what is run, for the reader of the script.
      tool: DefaultInfo of the program to run.
      arguments: shell words; `{file}` stands for the path of `file`.
      file: the shared object.
      runfiles: list of runfiles that it needs besides.

    Returns:
      the DefaultInfo of the rule, with `file` as its only output.
    """

    def path(f):
        return f.short_path.removeprefix("../") if f.short_path.startswith("../") else ctx.workspace_name + "/" + f.short_path

    executable = tool.files_to_run.executable
    ctx.actions.write(
        output = ctx.outputs.executable,
        content = _SCRIPT.format(
            description = description,
            tool = path(executable),
            arguments = arguments.format(file = '"$runfiles/%s"' % path(file)),
        ),
        is_executable = True,
    )
    return DefaultInfo(
        executable = ctx.outputs.executable,
        files = depset([file]),
        runfiles = ctx.runfiles(files = [file, executable]).merge_all([tool.default_runfiles] + runfiles),
    )
