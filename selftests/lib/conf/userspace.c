// SPDX-License-Identifier: GPL-2.0
/*
 * Userspace's side of port I/O and MMIO: notes each exit, returns a pattern for reads.
 */
#include "conf.h"

#include <string.h>

/*
 * Return a byte of one of two patterns without a period that an operand size or a page could have.
 */
uint8_t conf_out_byte(unsigned int nr)
{
	return nr * 31 + nr / 251 + 5;
}

uint8_t conf_in_byte(unsigned int nr)
{
	return nr * 17 + nr / 241 + 0x80;
}

void conf_fill_outside(struct conf *c, unsigned int offset, unsigned int len_bytes)
{
	uint8_t *outside = c->slots[CONF_OUTSIDE];
	unsigned int i;

	for (i = 0; i < len_bytes; i++)
		outside[offset + i] = conf_out_byte(i);
}

static void take(struct conf_seen *seen, uint64_t where, bool out, uint8_t *data,
		 uint32_t len_bytes)
{
	uint32_t i;

	for (i = 0; i < len_bytes && seen->len_bytes < CONF_DATA_BYTES; i++, seen->len_bytes++) {
		if (out)
			seen->bytes[seen->len_bytes] = data[i];
		else
			data[i] = conf_in_byte(seen->len_bytes);
	}
	if (!seen->exits++)
		seen->where = where;
	seen->out = out;
}

/*
 * Return whether an exit continues the last one: parts of one MMIO access follow each other, those
 * of a string use the same port.
 */
static bool goes_on(const struct conf_seen *seen, const struct kvm_run *run)
{
	if (!seen->exits)
		return true;
	if (run->exit_reason == KVM_EXIT_IO)
		return seen->reason == KVM_EXIT_IO && run->io.port == seen->where;
	return seen->reason == KVM_EXIT_MMIO &&
	       run->mmio.phys_addr == seen->where + seen->len_bytes;
}

bool conf_on_exit(struct vmm_vcpu *vcpu, struct kvm_run *run)
{
	struct conf *c = vcpu->vm->context;
	struct conf_seen *seen = &c->seen;

	if (c->at_exit && c->at_exit(c, run))
		return true;
	if (run->exit_reason != KVM_EXIT_IO && run->exit_reason != KVM_EXIT_MMIO)
		return false;
	seen->gap |= !goes_on(seen, run);
	seen->reason = run->exit_reason;
	if (run->exit_reason == KVM_EXIT_IO)
		take(seen, run->io.port, run->io.direction == KVM_EXIT_IO_OUT,
		     (uint8_t *)run + run->io.data_offset, run->io.size * run->io.count);
	else
		take(seen, run->mmio.phys_addr, run->mmio.is_write, run->mmio.data, run->mmio.len);
	return true;
}

/* Check the length before the data, and that no exit was for another place. */
static bool moved(struct conf *c, bool out, unsigned int len_bytes)
{
	const struct conf_seen *seen = &c->seen;

	if (seen->out == out && seen->len_bytes == len_bytes && !seen->gap)
		return true;
	conf_complain(c, "userspace saw %u bytes %s%s, wanted %u %s", seen->len_bytes,
		      seen->out ? "out" : "in", seen->gap ? " with a gap" : "", len_bytes,
		      out ? "out" : "in");
	return false;
}

void conf_check_out(struct conf *c, unsigned int len_bytes)
{
	unsigned int i;

	if (!moved(c, true, len_bytes))
		return;
	for (i = 0; i < len_bytes; i++) {
		if (c->seen.bytes[i] != conf_out_byte(i)) {
			conf_complain(c, "userspace got a wrong byte %u of %u", i, len_bytes);
			return;
		}
	}
}

void conf_check_in(struct conf *c, const uint8_t *data, unsigned int len_bytes)
{
	unsigned int i;

	if (!moved(c, false, len_bytes))
		return;
	for (i = 0; i < len_bytes; i++) {
		if (data[i] != conf_in_byte(i)) {
			conf_complain(c, "the guest got a wrong byte %u of %u", i, len_bytes);
			return;
		}
	}
}
