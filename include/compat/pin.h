/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pinning of guest memory in 6.1; patches/linux/6.1 calls it from sev.c.
 *
 * There, FOLL_LONGTERM alone pins memory that nobody wrote yet as the zero page, so what can be written
 * is pinned for writing.  The rest, a mapping of a read-only disk for example, is pinned for reading, as
 * the kernel's own code pins everything.
 */
#ifndef ES_COMPAT_PIN_H
#define ES_COMPAT_PIN_H

#include <linux/mm.h>
#include <linux/sched/mm.h>

/* How many of @nr_pages pages from @addr on can only be read; 1 where it is not the mapping that says so. */
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

/* The next pages that are alike.  Their number, or -errno. */
static inline int es_pin_some(unsigned long addr, int nr_pages, struct page **pages)
{
	int nr = pin_user_pages_fast(addr, nr_pages, FOLL_WRITE | FOLL_LONGTERM, pages);

	if (nr > 0)
		return nr;
	return pin_user_pages_fast(addr, es_pin_readonly_pages(addr, nr_pages), FOLL_LONGTERM, pages);
}

/* In place of pin_user_pages_fast(), whose rules for the return value these are. */
static inline int es_pin_user_pages(unsigned long addr, int nr_pages, unsigned int flags,
				    struct page **pages)
{
	int done = 0, nr;

	if (flags != FOLL_LONGTERM)
		return pin_user_pages_fast(addr, nr_pages, flags, pages);

	addr &= PAGE_MASK;
	do {
		nr = es_pin_some(addr + ((unsigned long)done << PAGE_SHIFT), nr_pages - done, pages + done);
		if (nr <= 0)
			return done ?: nr;
		done += nr;
	} while (done < nr_pages);
	return done;
}

#endif
