"""Compiling a program's sources with ktcc."""

load("@rules_cc//cc:action_names.bzl", "C_COMPILE_ACTION_NAME")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("//rules/private:kitsune_toolchain.bzl", "kitsune_tools")

def compile(ctx, cc_toolchain, feature_configuration, compilation_context, source_root):
    """Compiles the rule's `srcs`, each with the command line of the C++ toolchain, by way of ktcc.

    Args:
      ctx: the rule's context; of its attributes `srcs`, `copts`, `local_defines` and `automigrate` are used.
      cc_toolchain: the C++ toolchain.
      feature_configuration: what it was asked for.
      compilation_context: of the rule's headers and dependencies.
      source_root: the directory that file names in keys, and in `__FILE__`, are relative to.

    Returns:
      the list of objects and the list of type summaries, in the order of the sources.
    """
    objects = []
    summaries = []
    compiler = cc_common.get_tool_for_action(
        feature_configuration = feature_configuration,
        action_name = C_COMPILE_ACTION_NAME,
    )
    for src in ctx.files.srcs:
        stem = "_kitsune/%s/%s" % (ctx.label.name, _relative(src, ctx.label.package).removesuffix(".c"))
        object = ctx.actions.declare_file(stem + ".o")
        summary = ctx.actions.declare_file(stem + ".ktt")
        variables = cc_common.create_compile_variables(
            feature_configuration = feature_configuration,
            cc_toolchain = cc_toolchain,
            source_file = src.path,
            output_file = object.path,
            user_compile_flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.conlyopts +
                                 _prefix_maps(ctx, source_root) + _expand(ctx, ctx.attr.copts),
            include_directories = compilation_context.includes,
            quote_include_directories = compilation_context.quote_includes,
            system_include_directories = depset(transitive = [
                compilation_context.system_includes,
                compilation_context.external_includes,
            ]),
            framework_include_directories = compilation_context.framework_includes,
            preprocessor_defines = depset(
                _expand(ctx, ctx.attr.local_defines),
                transitive = [compilation_context.defines],
            ),
            use_pic = True,
        )
        args = ctx.actions.args()
        args.add(compiler, format = "--gcc=%s")

        # Also units that do not include kitsune.h.
        args.add_all(["--doglobalreg", "--dostackvars", "--doktsavetypes"])
        args.add("--automigrate" if ctx.attr.automigrate else "--noautomigrate")
        args.add(summary, format = "--typesfile-out=%s")
        args.add_all(cc_common.get_memory_inefficient_command_line(
            feature_configuration = feature_configuration,
            action_name = C_COMPILE_ACTION_NAME,
            variables = variables,
        ))
        ctx.actions.run(
            executable = kitsune_tools(ctx).ktcc,
            arguments = [args],
            inputs = depset([src], transitive = [compilation_context.headers, cc_toolchain.all_files]),
            outputs = [object, summary],
            env = cc_common.get_environment_variables(
                feature_configuration = feature_configuration,
                action_name = C_COMPILE_ACTION_NAME,
                variables = variables,
            ),
            mnemonic = "KitsuneCompile",
            progress_message = "Compiling %s to be updatable" % src.short_path,
            toolchain = None,
        )
        objects.append(object)
        summaries.append(summary)
    return objects, summaries

def source_root(ctx):
    """Finds the directory that the program's sources lie in.

    Args:
      ctx: the rule's context; of its attributes `source_root` and `srcs` are used.

    Returns:
      a path in the execution root: what `source_root` says, or else the longest directory that all sources lie in.
    """
    base = [part for part in [ctx.label.workspace_root, ctx.label.package] if part]
    if ctx.attr.source_root:
        return "/".join(base + [ctx.attr.source_root.strip("/")])
    common = None
    for src in ctx.files.srcs:
        directory = src.path.removeprefix(src.root.path + "/").split("/")[:-1]
        if common == None:
            common = directory
        for i in range(len(common)):
            if i >= len(directory) or common[i] != directory[i]:
                common = common[:i]
                break
    return "/".join(common or [])

def _prefix_maps(ctx, root):
    # A version may lie in any directory: file names in keys must not show it. Debug information is left alone.
    prefix = root + "/" if root else ""
    return [
        "-fmacro-prefix-map=%s=" % path
        for path in [prefix, ctx.bin_dir.path + "/" + prefix]
        if path
    ]

def _relative(file, package):
    return file.short_path.removeprefix(package + "/").replace("../", "_external/")

def _expand(ctx, values):
    return [
        ctx.expand_make_variables("copts", ctx.expand_location(value, ctx.attr.additional_inputs), {})
        for value in values
    ]
