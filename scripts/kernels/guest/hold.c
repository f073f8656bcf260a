// SPDX-License-Identifier: MIT
/*
 * Keeps its CPU in a system call: `echo KIND MS > /proc/rxray-hold`.
 *   irq    interrupts off
 *   bh     softirqs off
 *   busy   neither, in one stretch: what a kernel that does not preempt runs to its end
 * Reading it tells the longest time, in ns, between two looks at the clock in the last hold: what the machine
 * paused, or what others had of the CPU. A module of the test guests only.
 */
#include <linux/bottom_half.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#define MOST_MS 500

static u64 gap_ns;

/* Interrupts go off and on as in most of the kernel: with a lock, by functions that have names. */
static DEFINE_RAW_SPINLOCK(lock);

static void spin(u64 ms)
{
	u64 last = ktime_get_ns(), until = last + ms * NSEC_PER_MSEC, now = last;

	for (gap_ns = 0; now < until; last = now) {
		now = ktime_get_ns();
		if (now - last > gap_ns)
			gap_ns = now - last;
	}
}

static ssize_t hold_read(struct file *file, char __user *to, size_t size, loff_t *position)
{
	char text[24];
	int length = snprintf(text, sizeof(text), "%llu\n", gap_ns);

	return simple_read_from_buffer(to, size, position, text, length);
}

static ssize_t hold_write(struct file *file, const char __user *from, size_t length, loff_t *position)
{
	unsigned long flags;
	char text[32] = {}, kind[8] = {};
	u64 ms = 0;
	size_t at = 0;

	if (length >= sizeof(text) || copy_from_user(text, from, length))
		return -EINVAL;
	for (; at < sizeof(kind) - 1 && text[at] != ' ' && text[at] != 0; at++)
		kind[at] = text[at];
	for (at++; at < length && text[at] >= '0' && text[at] <= '9'; at++)
		ms = ms * 10 + (text[at] - '0');
	if (ms == 0 || ms > MOST_MS)
		return -EINVAL;
	if (kind[0] == 'i') {
		raw_spin_lock_irqsave(&lock, flags);
		spin(ms);
		raw_spin_unlock_irqrestore(&lock, flags);
	} else if (kind[0] == 'b' && kind[1] == 'h') {
		local_bh_disable();
		spin(ms);
		local_bh_enable();
	} else if (kind[0] == 'b') {
		spin(ms);
	} else {
		return -EINVAL;
	}
	return length;
}

static const struct proc_ops hold_ops = {.proc_read = hold_read, .proc_write = hold_write};

static int __init hold_init(void)
{
	return proc_create("rxray-hold", 0600, NULL, &hold_ops) ? 0 : -ENOMEM;
}

static void __exit hold_exit(void)
{
	remove_proc_entry("rxray-hold", NULL);
}

module_init(hold_init);
module_exit(hold_exit);
MODULE_DESCRIPTION("Keeps a CPU in a system call, for tests");
MODULE_LICENSE("Dual MIT/GPL");
