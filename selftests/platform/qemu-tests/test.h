/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every bare-metal test has: ports, results, the end
 *
 * A test is a main() in flat 32-bit protected mode without paging.  It says
 * what it checks through check(); QEMU's debug console carries the lines out
 * and isa-debug-exit ends the run.  All of it is in this header.
 */
#ifndef QEMU_TESTS_TEST_H
#define QEMU_TESTS_TEST_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define DEBUG_CONSOLE 0xe9
#define DEBUG_EXIT    0xf4

static inline void outb(u16 port, u8 value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void outl(u16 port, u32 value)
{
	asm volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline u32 inl(u16 port)
{
	u32 value;

	asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline u64 rdmsr(u32 msr)
{
	u64 value;

	asm volatile("rdmsr" : "=A"(value) : "c"(msr));
	return value;
}

static inline void wrmsr(u32 msr, u64 value)
{
	asm volatile("wrmsr" : : "c"(msr), "A"(value));
}

struct descriptor_table {
	u16 limit;
	u32 base;
} __attribute__((packed));

static inline void load_idt(const u64 *gates, unsigned long len)
{
	struct descriptor_table table = { len - 1, (u32)gates };

	asm volatile("lidt %0" : : "m"(table));
}

/* Of an IDT: a 32-bit interrupt gate to @handler in the ROM's code segment. */
static inline u64 interrupt_gate(const void *handler)
{
	u32 address = (u32)handler;

	return (address & 0xffff) | 8 << 16 | (u64)(0x8e00 | (address & 0xffff0000)) << 32;
}

static inline void print(const char *text)
{
	while (*text)
		outb(DEBUG_CONSOLE, *text++);
}

static inline void print_hex(u64 value)
{
	int shift;

	for (shift = 60; shift > 0 && !(value >> shift); shift -= 4)
		;
	print("0x");
	for (; shift >= 0; shift -= 4)
		outb(DEBUG_CONSOLE, "0123456789abcdef"[(value >> shift) & 15]);
}

/* One result; @what is a sentence about the hardware. */
static inline int check(int good, const char *what)
{
	print(good ? "ok " : "not ok ");
	print(what);
	print("\n");
	return good;
}

/* As check(), and on failure show both numbers. */
static inline int check_equal(u64 is, u64 should, const char *what)
{
	if (is != should) {
		print("# got ");
		print_hex(is);
		print(", want ");
		print_hex(should);
		print("\n");
	}
	return check(is == should, what);
}

void main(void);

void test_entry(void);
void test_entry(void)
{
	main();
	print("# end\n");
	outb(DEBUG_EXIT, 0);
}

void *memset(void *to, int value, unsigned long len);
void *memset(void *to, int value, unsigned long len)
{
	u8 *byte = to;

	while (len--)
		*byte++ = value;
	return to;
}

void *memcpy(void *to, const void *from, unsigned long len);
void *memcpy(void *to, const void *from, unsigned long len)
{
	const u8 *source = from;
	u8 *byte = to;

	while (len--)
		*byte++ = *source++;
	return to;
}

#endif
