"""Linking a version or an update."""

load("@rules_cc//cc/common:cc_common.bzl", "cc_common")

# The driver enters an image through this symbol; it pulls the runtime out of its archive.
_RUNTIME = ["-Wl,-u,kitsune_init_inplace"]

# Functions of the program come before functions of the same name in libraries that the driver has loaded, as they do
# in an ordinary executable.
_OWN_SYMBOLS_FIRST = ["-Wl,-Bsymbolic"]

# Operators tell versions apart by it.
_BUILD_ID = ["-Wl,--build-id=sha1"]

def link(ctx, cc_toolchain, feature_configuration, objects, linking_context, flags, inputs):
    """Links the shared object of the rule: its output `library`.

    Args:
      ctx: the rule's context.
      cc_toolchain: the C++ toolchain.
      feature_configuration: what it was asked for.
      objects: depset of File.
      linking_context: of the dependencies, the runtime among them; they are linked statically.
      flags: additional flags.
      inputs: files that the flags refer to.

    Returns:
      the shared object.
    """

    # Where a library has no name, the linker leaves the path of its output in it, and equal builds have unequal IDs.
    name = ["-Wl,-soname," + ctx.outputs.library.basename]
    outputs = cc_common.link(
        actions = ctx.actions,
        name = ctx.label.name,
        feature_configuration = feature_configuration,
        cc_toolchain = cc_toolchain,
        compilation_outputs = cc_common.create_compilation_outputs(objects = objects, pic_objects = objects),
        linking_contexts = [linking_context],
        link_deps_statically = True,
        output_type = "dynamic_library",
        user_link_flags = _RUNTIME + _OWN_SYMBOLS_FIRST + _BUILD_ID + name + flags,
        additional_inputs = inputs,
    )
    library = outputs.library_to_link
    library = library.resolved_symlink_dynamic_library or library.dynamic_library

    # The linker's output is called libNAME.so. A copy and not a link to it: the process shows the name of what it runs.
    ctx.actions.run_shell(
        command = 'cp "$1" "$2"',
        arguments = [ctx.actions.args().add(library).add(ctx.outputs.library)],
        inputs = [library],
        outputs = [ctx.outputs.library],
        mnemonic = "KitsuneName",
        progress_message = "Naming %{output}",
    )
    return ctx.outputs.library
