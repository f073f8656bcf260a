// SPDX-License-Identifier: MIT
/*
 * Keeps its CPU in a system call: `echo KIND MS > /proc/rxray-hold`.
 *   irq    interrupts off
 *   bh     softirqs off
 *   busy   neither, in one stretch: what a kernel that does not preempt runs to its end
 * A module of the test guests only.
 */
#include <linux/bottom_half.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#define MOST_MS 500

/* Interrupts go off and on as in most of the kernel: with a lock, by functions that have names. */
static DEFINE_RAW_SPINLOCK(lock);

static void spin(u64 ms)
{
	u64 until = ktime_get_ns() + ms * NSEC_PER_MSEC;

	while (ktime_get_ns() < until)
		barrier();
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

static const struct proc_ops hold_ops = {.proc_write = hold_write};

static int __init hold_init(void)
{
	return proc_create("rxray-hold", 0200, NULL, &hold_ops) ? 0 : -ENOMEM;
}

static void __exit hold_exit(void)
{
	remove_proc_entry("rxray-hold", NULL);
}

module_init(hold_init);
module_exit(hold_exit);
MODULE_DESCRIPTION("Keeps a CPU in a system call, for tests");
MODULE_LICENSE("Dual MIT/GPL");
