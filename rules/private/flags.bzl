"""Flags in attributes, which mean what they mean in the attributes of cc_library."""

def expand_flags(ctx, attribute):
    """Expands `$(location)` and Make variables in an attribute, and splits what results into words as a shell does.

    Args:
      ctx: the rule's context; `$(location)` may name what its attributes `additional_inputs`, `data`, `hdrs` and `srcs`
        have.
      attribute: the name of an attribute, a list of strings.

    Returns:
      a list of strings.
    """
    words = []
    for value in getattr(ctx.attr, attribute):
        words += _expand(ctx, attribute, value)
    return words

def expand_defines(ctx, attribute):
    """Like expand_flags, for an attribute whose values are preprocessor definitions: each has to be a single word.

    Args:
      ctx: the rule's context.
      attribute: the name of an attribute, a list of strings.

    Returns:
      a list of strings, as many as the attribute has.
    """
    defines = []
    for value in getattr(ctx.attr, attribute):
        words = _expand(ctx, attribute, value)
        if len(words) != 1:
            fail("attribute '%s' of %s: %r is not one definition but %d words; put quotes around what has spaces" %
                 (attribute, ctx.label, value, len(words)))
        defines += words
    return defines

def _expand(ctx, attribute, value):
    # Of a target that is named twice, expand_location wants to hear once.
    targets = {target: None for target in ctx.attr.additional_inputs + ctx.attr.data + ctx.attr.hdrs + ctx.attr.srcs}
    text = ctx.expand_make_variables(attribute, ctx.expand_location(value, targets.keys()), {})
    return ctx.tokenize(text)
