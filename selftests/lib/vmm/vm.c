// SPDX-License-Identifier: GPL-2.0
/*
 * Creation of the VM: memory with the agent in it, page tables, vCPUs in the state that the launch
 * freezes into their VMSAs.  The guest is 64-bit from its first instruction; see agent.h for its
 * map.
 */
#include "vm.h"

#include <cpuid.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "env.h"
#include "../spec/sev_init.h"

#define HUGE_BYTES	0x200000ull
#define PTE_TABLE	0x63ull		/* present, writable, accessed, dirty */
#define PTE_HUGE	(PTE_TABLE | 0x80)
#define APIC_X2		0x400ull
#define CR4_OSXSAVE	0x40000
#define KVM_VM_DEFAULT	0

static int must(int ret, const char *what)
{
	if (ret < 0)
		vmm_fail("%s failed: %m", what);
	return ret;
}

/*
 * Align the memory, so that default transparent huge pages apply; untouched pages stay unpopulated.
 */
static void map_memory(struct vmm_vm *vm, const struct vmm_vm_options *options)
{
	int kind = options->shared_memory ? MAP_SHARED : MAP_PRIVATE;
	uint8_t *area = mmap(NULL, AGENT_GUEST_BYTES + HUGE_BYTES, PROT_READ | PROT_WRITE,
			     kind | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		vmm_fail("mapping guest memory failed: %m");
	if (options->small_pages)
		madvise(area, AGENT_GUEST_BYTES + HUGE_BYTES, MADV_NOHUGEPAGE);
	vm->mapping = area;
	vm->memory = (uint8_t *)(((uintptr_t)area + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1));
	if (options->memory_fd && mmap(vm->memory, AGENT_GUEST_BYTES, PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_FIXED, options->memory_fd, 0) == MAP_FAILED)
		vmm_fail("mapping the file with guest memory failed: %m");
}

static void add_slot(struct vmm_vm *vm, unsigned int nr, const struct vmm_slot *slot, bool pin)
{
	struct kvm_userspace_memory_region region = {
		.slot = nr, .guest_phys_addr = slot->gpa, .memory_size = slot->bytes,
	};
	struct kvm_enc_region pinned = { .addr = (uintptr_t)slot->memory, .size = slot->bytes };

	region.userspace_addr = (uintptr_t)slot->memory;
	must(ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
	if (pin)
		must(ioctl(vm->fd, KVM_MEMORY_ENCRYPT_REG_REGION, &pinned),
		     "KVM_MEMORY_ENCRYPT_REG_REGION");
}

/* Register the memory, except a twin's or a mirror's, which the other VM has pinned. */
static void add_memory(struct vmm_vm *vm, const struct vmm_vm_options *options)
{
	struct vmm_slot whole = { .bytes = AGENT_GUEST_BYTES, .memory = vm->memory };
	unsigned int i;

	if (!options->slots)
		add_slot(vm, 0, &whole, vm->mapping);
	for (i = 0; i < options->nr_slots; i++)
		add_slot(vm, i, &options->slots[i], !options->twin_of && !options->plain);
}

static uint64_t host_c_bit(void)
{
	uint32_t eax, ebx, ecx, edx;

	__cpuid_count(0x8000001f, 0, eax, ebx, ecx, edx);
	return 1ull << (ebx & 0x3f);
}

/*
 * Map [0, 6 MiB) and 2 MiB at AGENT_MMIO_GPA, each address to itself; private memory has the C-bit.
 */
static void build_tables(struct vmm_vm *vm)
{
	uint64_t *pml4 = (uint64_t *)(vm->memory + AGENT_TABLES_GPA);
	uint64_t *pdpt = pml4 + 512, *low = pml4 + 1024, *mmio = pml4 + 1536;
	uint64_t c = vm->c_bit, base = AGENT_TABLES_GPA;

	pml4[0] = (base + 0x1000) | PTE_TABLE | c;
	pdpt[0] = (base + 0x2000) | PTE_TABLE | c;
	pdpt[AGENT_MMIO_GPA >> 30] = (base + 0x3000) | PTE_TABLE | c;
	low[0] = PTE_HUGE | c;
	low[1] = AGENT_PRIVATE_BYTES | PTE_HUGE;
	low[2] = AGENT_LATER_GPA | PTE_HUGE | c;
	mmio[AGENT_MMIO_GPA >> 21 & 511] = AGENT_MMIO_GPA | PTE_HUGE;
}

static void load_agent(struct vmm_vm *vm)
{
	memcpy(vm->memory + AGENT_IMAGE_GPA, vmm_agent_image,
	       vmm_agent_image_end - vmm_agent_image);
	build_tables(vm);
}

static void set_cpuid(struct vmm_vcpu *vcpu, const struct vmm_vm_options *options)
{
	struct { struct kvm_cpuid2 head; struct kvm_cpuid_entry2 entries[128]; } cpuid = {
		.head.nent = 128,
	};
	unsigned int i;

	must(ioctl(vcpu->vm->kvm_fd, KVM_GET_SUPPORTED_CPUID, &cpuid), "KVM_GET_SUPPORTED_CPUID");
	for (i = 0; i < cpuid.head.nent; i++) {
		if (cpuid.entries[i].function == 1)
			cpuid.entries[i].ebx = (cpuid.entries[i].ebx & 0xffffff) | vcpu->nr << 24;
		if (options->edit_cpuid)
			options->edit_cpuid(&cpuid.entries[i]);
	}
	must(ioctl(vcpu->fd, KVM_SET_CPUID2, &cpuid), "KVM_SET_CPUID2");
}

static void set_segments(struct kvm_sregs *sregs, const struct agent_header *head, uint64_t gs)
{
	struct kvm_segment data = {
		.limit = ~0u, .selector = 16, .present = 1, .type = 3, .s = 1, .db = 1, .g = 1,
	};

	sregs->ds = sregs->es = sregs->ss = sregs->fs = sregs->gs = sregs->cs = data;
	sregs->gs.base = gs;
	sregs->cs.selector = 8;
	sregs->cs.type = 11;
	sregs->cs.db = 0;
	sregs->cs.l = 1;
	sregs->gdt = (struct kvm_dtable){ .base = head->gdt, .limit = head->gdt_bytes - 1 };
	sregs->idt = (struct kvm_dtable){ .base = head->idt, .limit = head->idt_bytes - 1 };
}

/* Set the registers that become the launch VMSA. */
static void set_launch_state(struct vmm_vcpu *vcpu)
{
	const struct agent_header *head = (const void *)vmm_agent_image;
	uint64_t block = head->cpus + vcpu->nr * AGENT_CPU_BYTES;
	struct kvm_sregs sregs;
	struct kvm_regs regs = {
		.rip = head->entry, .rflags = 2, .rsp = block + AGENT_CPU_BYTES - 8,
		.rdi = vcpu->nr, .rsi = block, .rdx = vcpu->cookie,
	};

	must(ioctl(vcpu->fd, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	set_segments(&sregs, head, block);
	sregs.cr0 = 0x80000033;
	sregs.cr3 = AGENT_TABLES_GPA | vcpu->vm->c_bit;
	sregs.cr4 = 0x620 | CR4_OSXSAVE;
	sregs.efer = 0x500;
	sregs.apic_base |= APIC_X2;
	must(ioctl(vcpu->fd, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
	must(ioctl(vcpu->fd, KVM_SET_REGS, &regs), "KVM_SET_REGS");
}

static void add_vcpu(struct vmm_vm *vm, unsigned int nr, const struct vmm_vm_options *options)
{
	struct vmm_vcpu *vcpu = &vm->vcpus[nr];

	vcpu->vm = vm;
	vcpu->run_bytes = must(ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0),
			       "KVM_GET_VCPU_MMAP_SIZE");
	vcpu->nr = nr;
	vcpu->cookie = 0xc00c1e0000 + nr;
	vcpu->fd = must(ioctl(vm->fd, KVM_CREATE_VCPU, nr), "KVM_CREATE_VCPU");
	vcpu->run = mmap(NULL, vcpu->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		vmm_fail("mapping kvm_run failed: %m");
	set_cpuid(vcpu, options);
	if (!options->twin_of && !options->slots && !options->blank)
		set_launch_state(vcpu);
	vmm_vcpu_start_thread(vcpu);
}

static void init_lock(struct vmm_vm *vm)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&vm->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&vm->changed, &attr);
}

/* Create memory, most often with the agent in it, and an encryption context. */
static void begin_guest(struct vmm_vm *vm, const struct vmm_vm_options *options)
{
	if (options->slots)
		vm->memory = options->slots[0].memory;
	else
		map_memory(vm, options);
	if (!options->blank && !options->slots)
		load_agent(vm);
	if (!options->plain && vmm_sev_init(vm, options->ghcb_version))
		vmm_fail("%s failed: %m",
			 options->ghcb_version ? "KVM_SEV_INIT2" : "KVM_SEV_ES_INIT");
}

static void mirror_guest(struct vmm_vm *vm, struct vmm_vm *owner)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_VM_COPY_ENC_CONTEXT_FROM,
				      .args[0] = owner->fd };

	vm->memory = owner->memory;
	must(ioctl(vm->fd, KVM_ENABLE_CAP, &cap), "KVM_CAP_VM_COPY_ENC_CONTEXT_FROM");
}

static void add_dirty_rings(struct vmm_vm *vm, unsigned int bytes)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_DIRTY_LOG_RING, .args[0] = bytes };

	must(ioctl(vm->fd, KVM_ENABLE_CAP, &cap), "KVM_CAP_DIRTY_LOG_RING");
}

void vmm_vm_create(struct vmm_vm *vm, const struct vmm_vm_options *options)
{
	unsigned int i, type;

	memset(vm, 0, sizeof(*vm));
	init_lock(vm);
	vm->kvm_fd = must(open("/dev/kvm", O_RDWR | O_CLOEXEC), "opening /dev/kvm");
	vm->sev_fd = options->plain ?
			     -1 :
			     must(open("/dev/sev", O_RDWR | O_CLOEXEC), "opening /dev/sev");
	type = options->ghcb_version ? vmm_init2_vm_type(vm->kvm_fd) : KVM_VM_DEFAULT;
	vm->fd = must(ioctl(vm->kvm_fd, KVM_CREATE_VM, type), "KVM_CREATE_VM");
	vm->c_bit = host_c_bit();
	if (options->twin_of)
		vm->memory = options->twin_of->memory;
	else if (options->mirror_of)
		mirror_guest(vm, options->mirror_of);
	else
		begin_guest(vm, options);
	add_memory(vm, options);
	if (options->dirty_ring_bytes)
		add_dirty_rings(vm, options->dirty_ring_bytes);
	if (!options->no_apic)
		must(ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0), "KVM_CREATE_IRQCHIP");
	vm->nr_vcpus = options->nr_vcpus;
	for (i = 0; i < vm->nr_vcpus; i++)
		add_vcpu(vm, i, options);
}

void vmm_vm_close(struct vmm_vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nr_vcpus; i++) {
		vmm_vcpu_end_thread(&vm->vcpus[i]);
		munmap(vm->vcpus[i].run, vm->vcpus[i].run_bytes);
		close(vm->vcpus[i].fd);
	}
	close(vm->fd);
	close(vm->sev_fd);
	close(vm->kvm_fd);
}

void vmm_vm_destroy(struct vmm_vm *vm)
{
	vmm_vm_close(vm);
	if (vm->mapping)
		munmap(vm->mapping, AGENT_GUEST_BYTES + HUGE_BYTES);
}
