"""An update from one version of a program to another."""

load("@rules_cc//cc:find_cc_toolchain.bzl", "find_cc_toolchain", "use_cc_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("//rules/private:kitsune_toolchain.bzl", "TOOLCHAIN_TYPE", "kitsune_tools")
load("//rules/private:launcher.bzl", "launcher")
load("//rules/private:link.bzl", "link")
load("//rules/private/providers:kitsune_info.bzl", "KitsuneInfo")

def _predecessor(ctx):
    if KitsuneInfo in ctx.attr.old:
        return ctx.attr.old[KitsuneInfo].summary
    if len(ctx.files.old) != 1:
        fail("attribute 'old' of %s: %s has %d files, and the version that runs is one: a .so or a .ktt" %
             (ctx.label, ctx.attr.old.label, len(ctx.files.old)))
    return ctx.files.old[0]

def _successor(ctx):
    if KitsuneInfo not in ctx.attr.new:
        fail("attribute 'new' of %s: %s is not a kitsune_shared_library; only 'old' can be a file" %
             (ctx.label, ctx.attr.new.label))
    return ctx.attr.new[KitsuneInfo]

def _generate(ctx, old, new):
    transformers = ctx.actions.declare_file("_kitsune/%s/transformers.c" % ctx.label.name)
    args = ctx.actions.args()
    args.add(transformers)
    args.add(old)
    args.add(new.summary)
    if ctx.file.xf:
        args.add(ctx.file.xf)
    ctx.actions.run(
        executable = kitsune_tools(ctx).xfgen,
        arguments = [args],
        inputs = [old, new.summary] + ctx.files.xf + ctx.files.xf_includes,
        outputs = [transformers],
        mnemonic = "KitsuneTransformers",
        progress_message = "Generating the transformers of %{label}",
        toolchain = None,
    )
    return transformers

def _kitsune_update_impl(ctx):
    if ctx.files.xf_includes and not ctx.file.xf:
        fail("attribute 'xf_includes' of %s: there is no 'xf' that could include %s" %
             (ctx.label, ctx.attr.xf_includes[0].label))
    new = _successor(ctx)
    cc_toolchain = find_cc_toolchain(ctx)
    feature_configuration = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = cc_toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    transformers = _generate(ctx, _predecessor(ctx), new)
    _, compiled = cc_common.compile(
        actions = ctx.actions,
        name = ctx.label.name,
        cc_toolchain = cc_toolchain,
        feature_configuration = feature_configuration,
        srcs = [transformers],
        # Code in rules looks at the state through the types of two versions.
        user_compile_flags = ["-fno-strict-aliasing"],
        compilation_contexts = [new.compilation_context],
        disallow_nopic_outputs = True,
    )
    library = link(
        ctx,
        cc_toolchain,
        feature_configuration,
        depset(compiled.pic_objects, transitive = [new.objects]),
        new.linking_context,
        new.link_flags,
        new.link_inputs,
    )
    return [
        launcher(
            ctx,
            description = "doupd: updates the process whose PID is its argument.",
            tool = kitsune_tools(ctx).doupd,
            arguments = '"$@" {file}',
            file = library,
        ),
        OutputGroupInfo(transformers = depset([transformers])),
    ]

kitsune_update = rule(
    implementation = _kitsune_update_impl,
    doc = "An update from one version of a program to another.",
    attrs = {
        "library": attr.output(
            doc = "The shared object.",
            mandatory = True,
        ),
        "new": attr.label(
            doc = "The version to update to, a `kitsune_shared_library`.",
            mandatory = True,
            allow_files = True,
        ),
        "old": attr.label(
            doc = "The version that runs: a `kitsune_shared_library`, or a file: the `.so` of a release, or its `.ktt`.",
            mandatory = True,
            allow_files = [".so", ".ktt"],
        ),
        "xf": attr.label(
            doc = "The rules of the transformation.",
            allow_single_file = [".xf"],
        ),
        "xf_includes": attr.label_list(
            doc = "The files that `xf` includes, and those that these include in turn: rules that several updates share.",
            allow_files = [".xf"],
        ),
    },
    executable = True,
    fragments = ["cpp"],
    toolchains = use_cc_toolchain() + [TOOLCHAIN_TYPE],
)
