"""Compiling a program's sources with ktcc."""

load("@rules_cc//cc:action_names.bzl", "C_COMPILE_ACTION_NAME")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("//rules/private:flags.bzl", "expand_defines", "expand_flags")
load("//rules/private:kitsune_toolchain.bzl", "kitsune_tools")
load("//rules/private:source_root.bzl", "path_in_tree")

def compile(ctx, cc_toolchain, feature_configuration, compilation_context, source_root):
    """Compiles the rule's `srcs`, each with the command line of the C++ toolchain, by way of ktcc.

    Args:
      ctx: the rule's context; of its attributes `srcs`, `copts`, `local_defines`, `additional_inputs` and
        `automigrate` are used.
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
    copts = ctx.fragments.cpp.copts + ctx.fragments.cpp.conlyopts + \
            _prefix_maps(ctx.bin_dir.path, source_root) + expand_flags(ctx, "copts")
    local_defines = expand_defines(ctx, "local_defines")
    for src in depset(ctx.files.srcs).to_list():
        stem = "_kitsune/%s/%s" % (ctx.label.name, _path_in_package(ctx, src).removesuffix(".c"))
        object = ctx.actions.declare_file(stem + ".o")
        summary = ctx.actions.declare_file(stem + ".ktt")
        variables = cc_common.create_compile_variables(
            feature_configuration = feature_configuration,
            cc_toolchain = cc_toolchain,
            source_file = src.path,
            output_file = object.path,
            user_compile_flags = copts,
            include_directories = compilation_context.includes,
            quote_include_directories = compilation_context.quote_includes,
            system_include_directories = depset(transitive = [
                compilation_context.system_includes,
                compilation_context.external_includes,
            ]),
            framework_include_directories = compilation_context.framework_includes,
            preprocessor_defines = depset(local_defines, transitive = [compilation_context.defines]),
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
            inputs = depset(
                [src] + ctx.files.additional_inputs,
                transitive = [compilation_context.headers, cc_toolchain.all_files],
            ),
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

def _prefix_maps(bin_dir, source_root):
    """The flags that make file names in keys, and in `__FILE__`, relative to a directory.

    A version may lie in any directory, and its generated files in any configuration's: names do not show it. Debug
    information is left alone.

    Args:
      bin_dir: where generated files are, as a path in the execution root.
      source_root: the directory, as a path in the source tree; "" is its root.

    Returns:
      a list of compiler flags. The last one that applies counts.
    """
    flags = ["-fmacro-prefix-map=%s/=" % bin_dir]
    if source_root:
        flags += ["-fmacro-prefix-map=%s/=" % root for root in [source_root, bin_dir + "/" + source_root]]
    return flags

def _path_in_package(ctx, file):
    path = path_in_tree(file)
    package = "/".join([part for part in [ctx.label.workspace_root, ctx.label.package] if part])
    return path.removeprefix(package + "/")
