"""One version of an updatable program."""

load("@bazel_skylib//lib:paths.bzl", "paths")
load("@rules_cc//cc:find_cc_toolchain.bzl", "find_cc_toolchain", "use_cc_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//rules/private:compile.bzl", "compile")
load("//rules/private:flags.bzl", "expand_defines", "expand_flags")
load("//rules/private:kitsune_toolchain.bzl", "TOOLCHAIN_TYPE", "kitsune_tools")
load("//rules/private:launcher.bzl", "launcher")
load("//rules/private:link.bzl", "link")
load("//rules/private:source_root.bzl", "source_root")
load("//rules/private/providers:kitsune_info.bzl", "KitsuneInfo")

def _join(ctx, summaries):
    for flag in ctx.attr.advice:
        if not flag.startswith("-W"):
            fail("attribute 'advice' of %s: '%s' is not a flag about advice, such as -Wno-void-pointer" % (ctx.label, flag))
    joined = ctx.actions.declare_file(ctx.label.name + ".ktt")
    args = ctx.actions.args()
    args.add_all(ctx.attr.advice)
    args.add(joined)
    args.add_all(summaries)
    ctx.actions.run(
        executable = kitsune_tools(ctx).kttjoin,
        arguments = [args],
        inputs = summaries,
        outputs = [joined],
        mnemonic = "KitsuneJoin",
        progress_message = "Joining the type summaries of %{label}",
        toolchain = None,
    )
    return joined

def _kitsune_shared_library_impl(ctx):
    tools = kitsune_tools(ctx)
    cc_toolchain = find_cc_toolchain(ctx)
    feature_configuration = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = cc_toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    deps = cc_common.merge_cc_infos(cc_infos = [dep[CcInfo] for dep in ctx.attr.deps] + [
        tools.threads_runtime if ctx.attr.threads else tools.runtime,
    ])
    root = source_root(ctx)
    own = cc_common.create_compilation_context(
        headers = depset(ctx.files.hdrs),
        defines = depset(expand_defines(ctx, "defines")),
        quote_includes = depset([
            directory or "."
            for tree in [root, ctx.label.workspace_root]
            for directory in [tree, paths.join(ctx.bin_dir.path, tree)]
        ]),
    )
    compilation_context = cc_common.merge_compilation_contexts(
        compilation_contexts = [own, deps.compilation_context],
    )
    objects, summaries = compile(ctx, cc_toolchain, feature_configuration, compilation_context, root)
    summary = _join(ctx, summaries)
    flags = expand_flags(ctx, "linkopts")
    library = link(
        ctx,
        cc_toolchain,
        feature_configuration,
        depset(objects),
        deps.linking_context,
        flags,
        ctx.files.additional_inputs,
    )
    return [
        launcher(
            ctx,
            description = "the program under the driver, with the arguments of this script.",
            tool = tools.driver,
            arguments = '{file} "$@"',
            file = library,
            runfiles = [ctx.runfiles(files = ctx.files.data)] + [
                target[DefaultInfo].default_runfiles
                for target in ctx.attr.data + ctx.attr.deps
            ],
        ),
        KitsuneInfo(
            compilation_context = compilation_context,
            library = library,
            link_flags = flags,
            link_inputs = ctx.files.additional_inputs,
            linking_context = deps.linking_context,
            objects = depset(objects),
            summary = summary,
        ),
        OutputGroupInfo(
            # The shared object does not need the summary, but whoever builds it wants to hear what is said about it.
            _validation = depset([summary]),
            ktt = depset([summary]),
            objects = depset(objects),
        ),
    ]

kitsune_shared_library = rule(
    implementation = _kitsune_shared_library_impl,
    doc = "One version of an updatable program.",
    attrs = {
        "additional_inputs": attr.label_list(
            doc = "Files that `copts` or `linkopts` refer to with `$(location)`.",
            allow_files = True,
        ),
        "advice": attr.string_list(
            doc = "Which of the advice on annotations, in `docs/advice.md`, is given when the program is built: flags as " +
                  "a compiler has them, such as `-Wno-pointer-count`, `-Wno-void-pointer=struct client.data` or `-Werror`. " +
                  "Default: all of it, as warnings.",
        ),
        "automigrate": attr.bool(
            doc = "Whether `kitsune_do_automigrate()` carries over every writable variable, or only those marked " +
                  "`E_AUTO_MIGRATE`.",
            default = True,
        ),
        "copts": attr.string_list(doc = "Additional flags of the C compiler, for the program's sources only."),
        "data": attr.label_list(
            doc = "Files that the program needs when it runs. They are in the folder that `RUNFILES_DIR` in its " +
                  "environment names, under the names that `$(rlocationpath)` gives in `defines`. An update does not " +
                  "bring them along: the process has those of the version that it was started with.",
            allow_files = True,
        ),
        "defines": attr.string_list(
            doc = "Preprocessor definitions for the program's sources, and for the code in `.xf` files.",
        ),
        "deps": attr.label_list(
            doc = "C libraries that the program uses. They are linked statically and are replaced with the program, " +
                  "but their variables are not carried over.",
            providers = [CcInfo],
        ),
        "hdrs": attr.label_list(
            doc = "The program's headers, and what else its sources include; code in `.xf` files can include them " +
                  "too. They are found by their path from the source root or from the root of the repository.",
            allow_files = True,
        ),
        "library": attr.output(
            doc = "The shared object.",
            mandatory = True,
        ),
        "linkopts": attr.string_list(doc = "Additional flags of the link command."),
        "local_defines": attr.string_list(doc = "Preprocessor definitions for the program's sources only."),
        "source_root": attr.string(
            doc = "The directory, relative to the package, that file names in the keys of static variables are " +
                  "relative to: two versions of a program match although they lie in different directories. " +
                  "Default: the longest directory that all of `srcs` lie in; say which it is if some of them lie elsewhere, " +
                  "such as generated ones.",
        ),
        "srcs": attr.label_list(
            doc = "The program's C sources.",
            allow_files = [".c"],
            allow_empty = False,
            mandatory = True,
        ),
        "threads": attr.bool(
            doc = "Whether the program has threads of its own, made with `kitsune_pthread_create()`: it is linked with " +
                  "`libkitsune-threads.a` instead of `libkitsune.a` (`docs/threads.md`).",
            default = False,
        ),
    },
    executable = True,
    fragments = ["cpp"],
    toolchains = use_cc_toolchain() + [TOOLCHAIN_TYPE],
)
