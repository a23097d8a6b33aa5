/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pinning of guest memory in 6.1; patches/linux/6.1 call it from sev.c.
 *
 * In 6.1, FOLL_LONGTERM alone pins memory that was not yet written as the zero page, so pin
 * writable memory for writing.  Pin other memory, for example a mapping of a read-only disk, for
 * reading, as KVM pins all memory.
 */
#ifndef ES_COMPAT_PIN_H
#define ES_COMPAT_PIN_H

#include <linux/mm.h>
#include <linux/sched/mm.h>

/*
 * Return how many of @nr_pages pages at @addr are in a read-only mapping, or 1 if the mapping is
 * writable.
 */
static inline int es_pin_readonly_pages(unsigned long addr, int nr_pages)
{
	struct vm_area_struct *vma;
	int nr = 1;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, addr);
	if (vma && !(vma->vm_flags & VM_WRITE))
		nr = min_t(unsigned long, (vma->vm_end - addr) >> PAGE_SHIFT, nr_pages);
	mmap_read_unlock(current->mm);
	return nr;
}

/* Pin the next pages that are all writable, or all read-only.  Return their number, or -errno. */
static inline int es_pin_some(unsigned long addr, int nr_pages, struct page **pages)
{
	int nr = pin_user_pages_fast(addr, nr_pages, FOLL_WRITE | FOLL_LONGTERM, pages);

	if (nr > 0)
		return nr;
	nr = es_pin_readonly_pages(addr, nr_pages);
	return pin_user_pages_fast(addr, nr, FOLL_LONGTERM, pages);
}

/* Like pin_user_pages_fast(), with the same return value. */
static inline int es_pin_user_pages(unsigned long addr, int nr_pages, unsigned int flags,
				    struct page **pages)
{
	int done = 0, nr;

	if (flags != FOLL_LONGTERM)
		return pin_user_pages_fast(addr, nr_pages, flags, pages);

	addr &= PAGE_MASK;
	do {
		nr = es_pin_some(addr + ((unsigned long)done << PAGE_SHIFT), nr_pages - done,
				 pages + done);
		if (nr <= 0)
			return done ?: nr;
		done += nr;
	} while (done < nr_pages);
	return done;
}

#endif
