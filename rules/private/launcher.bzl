"""What `bazel run` starts: a script that finds a tool and a shared object among its runfiles."""

_SCRIPT = """#!/bin/sh
# Generated. Runs {description}
runfiles=${{RUNFILES_DIR:-$0.runfiles}}
if [ ! -e "$runfiles/{tool}" ]; then
    echo "$0: cannot find its runfiles: start it with \\"bazel run\\", or from bazel-bin" >&2
    exit 1
fi
cd "${{BUILD_WORKING_DIRECTORY:-.}}" || exit
exec "$runfiles/{tool}" {arguments}
"""

def launcher(ctx, description, tool, arguments, file):
    """Writes the rule's executable.

    Args:
      ctx: the rule's context.
      description: of what is run, for the reader of the script.
      tool: FilesToRunProvider of the program to run.
      arguments: shell words; `{file}` stands for the path of `file`.
      file: the shared object.

    Returns:
      the DefaultInfo of the rule, with `file` as its only output.
    """

    def path(f):
        return f.short_path.removeprefix("../") if f.short_path.startswith("../") else ctx.workspace_name + "/" + f.short_path

    ctx.actions.write(
        output = ctx.outputs.executable,
        content = _SCRIPT.format(
            description = description,
            tool = path(tool.executable),
            arguments = arguments.format(file = '"$runfiles/%s"' % path(file)),
        ),
        is_executable = True,
    )
    return DefaultInfo(
        executable = ctx.outputs.executable,
        files = depset([file]),
        runfiles = ctx.runfiles(files = [file, tool.executable]),
    )
