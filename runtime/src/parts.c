/* Where the parts of values have gone whose layout has changed. xfgen knows both layouts, and lists for each pair of them
 * which field has become which. */
#include "internal.h"

static bool in_layout(const struct kitsune_layout *l, size_t offset, xf as, size_t *to) {
	if (offset == 0 && (!as || as == l->transformer)) {
		*to = 0;
		return true;
	}
	for (const struct kitsune_part *p = l->parts; p < l->parts + l->count; p++)
		if (offset >= p->old_offset && offset - p->old_offset < p->count * p->old_stride)
			return kt_part_moved(p, offset, as, to);
	/* Nothing begins there. But an array ends, where there is a gap behind it. */
	for (const struct kitsune_part *p = l->parts; p < l->parts + l->count; p++)
		if (offset - p->old_offset == p->count * p->old_stride) {
			*to = p->new_offset + p->count * p->new_stride;
			return true;
		}
	return false;
}

bool kt_part_moved(const struct kitsune_part *p, size_t offset, xf as, size_t *to) {
	const size_t from = offset - p->old_offset, index = from / p->old_stride;
	size_t rest = from % p->old_stride;
	if (index >= p->count)
		return false;
	if (p->inner && !in_layout(p->inner, rest, as, &rest))
		return false;
	*to = p->new_offset + index * p->new_stride + rest;
	return rest < p->new_stride;
}

const struct kitsune_layout *kt_layout(xf transformer) {
	static const struct kitsune_layout *last;
	if (last && last->transformer == transformer)
		return last;
	for (const struct kitsune_layout *l = kt_image.layouts; l < kt_image.layouts_end; l++)
		if (l->transformer == transformer)
			return last = l;
	return NULL;
}
