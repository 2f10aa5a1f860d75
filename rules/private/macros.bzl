"""The rules as users call them: with the name of their output given."""

load("//rules/private:kitsune_shared_library.bzl", _kitsune_shared_library = "kitsune_shared_library")
load("//rules/private:kitsune_update.bzl", _kitsune_update = "kitsune_update")

def kitsune_shared_library(name, **kwargs):
    """Builds one version of an updatable program: the shared object `NAME.so` that the driver runs.

    Its sources are compiled by `ktcc`, which records what an update needs to know: types, variables, functions, and
    what the program's annotations say. The program calls `kitsune_update()` where it is ready to be updated.

        kitsune_shared_library(
            name = "server",
            srcs = glob(["*.c"]),
            hdrs = glob(["*.h"]),
            deps = ["//lib/net"],
        )

    Where the program does not say enough for its updates, a build that has to look at it again warns, and says which
    annotation is missing; the attribute `advice` turns that off, in parts or altogether, or makes errors of it.

    `bazel run :server -- ARGUMENTS` starts it. Keep `server.so` of each release: an update can be built against it
    later with `kitsune_update`.

    The attributes are described with the rule.

    Args:
      name: of the target; its output is the file `NAME.so`, which has a label of its own.
      **kwargs: the attributes of the rule.
    """
    _kitsune_shared_library(
        name = name,
        library = name + ".so",
        **kwargs
    )

def kitsune_update(name, **kwargs):
    """Builds an update: the new version together with the code that transforms the old version's state.

    `xfgen` compares the two versions and generates what it can; the rules in the `.xf` file say what it cannot know.
    An update that is not complete does not build, and the message says what is missing.

        kitsune_update(
            name = "update",
            old = "released/server-1.4.so",
            new = ":server",
            xf = "1.4-to-1.5.xf",
        )

    Rules that several updates need can stand in a file of their own, which the `.xf` files include and the attribute
    `xf_includes` names.

    The output `NAME.so` is what `doupd` is given. `bazel run :update -- PID` builds it and updates the process PID.

    The attributes are described with the rule.

    Args:
      name: of the target; its output is the file `NAME.so`, which has a label of its own.
      **kwargs: the attributes of the rule.
    """
    _kitsune_update(
        name = name,
        library = name + ".so",
        **kwargs
    )
