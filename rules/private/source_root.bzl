"""The directory that a version's sources lie in. It is not part of their names, so that versions can be compared."""

load("@bazel_skylib//lib:paths.bzl", "paths")

def source_root(ctx):
    """Finds the directory that the program's sources lie in.

    Args:
      ctx: the rule's context; of its attributes `source_root` and `srcs` are used.

    Returns:
      a path in the source tree, "" for its root: what `source_root` says, or else the longest directory that all
      sources lie in.
    """
    directories = [paths.dirname(path_in_tree(src)) for src in ctx.files.srcs]
    if not ctx.attr.source_root:
        return common_directory(directories)
    root = paths.normalize(paths.join(ctx.label.workspace_root, ctx.label.package, ctx.attr.source_root))
    if root == ".":
        return ""
    if not [d for d in directories if (d + "/").startswith(root + "/")]:
        fail("attribute 'source_root' of %s: none of 'srcs' lies in '%s'; it is a directory relative to the package" %
             (ctx.label, ctx.attr.source_root))
    return root

def common_directory(directories):
    """Finds the longest directory that all of some directories are or lie in.

    Args:
      directories: a list of paths, with at least one.

    Returns:
      a path, "" for the root.
    """
    common = directories[0].split("/")
    for directory in directories[1:]:
        parts = directory.split("/")
        for i in range(len(common)):
            if common[:i + 1] != parts[:i + 1]:
                common = common[:i]
                break
    return "/".join(common)

def path_in_tree(file):
    """Returns where a file is in the source tree, or would be if it were not generated."""
    return file.path.removeprefix(file.root.path + "/")
