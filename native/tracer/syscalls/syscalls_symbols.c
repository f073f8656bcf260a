/* SPDX-License-Identifier: MIT */
#include "syscalls_symbols.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* False when the reader has it already. */
static bool first_time(struct syscalls_symbols *symbols, uint32_t pid, uint64_t address)
{
	uint64_t key = address ^ (uint64_t)pid << 48 ^ pid;
	uint64_t *slot = &symbols->told[(key * 0x9e3779b97f4a7c15ull) >> 50 & (SYSCALLS_SYMBOLS_TOLD - 1)];

	if (*slot == key)
		return false;
	*slot = key;
	return true;
}

struct place {
	char path[256];
	uint64_t offset; /* in the file */
};

static bool find_place(uint32_t pid, uint64_t address, struct place *place)
{
	char name[64], line[768];
	unsigned long long from, to, offset;
	bool found = false;
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%u/maps", pid);
	file = fopen(name, "re");
	if (file == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), file) != NULL) {
		place->path[0] = '\0';
		if (sscanf(line, "%llx-%llx %*s %llx %*s %*s %255[^\n]", &from, &to, &offset, place->path) <
		    3)
			continue;
		if (address >= from && address < to) {
			place->offset = address - from + offset;
			found = true;
		}
	}
	fclose(file);
	return found;
}

/* Where a byte of the file lies in the program's own numbering. */
static uint64_t virtual_address(Elf *elf, uint64_t offset)
{
	size_t count = 0;

	elf_getphdrnum(elf, &count);
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr header;

		if (gelf_getphdr(elf, (int)i, &header) != NULL && header.p_type == PT_LOAD &&
		    offset >= header.p_offset && offset < header.p_offset + header.p_filesz)
			return offset - header.p_offset + header.p_vaddr;
	}
	return offset;
}

static bool search_section(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, uint64_t address,
                           struct rxray_frame_user_symbol *record)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t count = header->sh_entsize == 0 ? 0 : header->sh_size / header->sh_entsize;

	for (size_t i = 0; data != NULL && i < count; i++) {
		GElf_Sym symbol;
		const char *name;

		if (gelf_getsym(data, (int)i, &symbol) == NULL ||
		    (GELF_ST_TYPE(symbol.st_info) != STT_FUNC &&
		     GELF_ST_TYPE(symbol.st_info) != STT_GNU_IFUNC) ||
		    symbol.st_value == 0 || address < symbol.st_value ||
		    address >= symbol.st_value + symbol.st_size)
			continue;
		name = elf_strptr(elf, header->sh_link, symbol.st_name);
		if (name == NULL)
			continue;
		memset(record->name, 0, sizeof(record->name));
		memcpy(record->name, name, strnlen(name, sizeof(record->name) - 1));
		record->offset = address - symbol.st_value;
		return true;
	}
	return false;
}

static void name_function(uint32_t pid, const struct place *place, struct rxray_frame_user_symbol *record)
{
	char path[320];
	Elf_Scn *section = NULL;
	uint64_t address;
	Elf *elf;
	int fd;

	record->offset = place->offset;
	memcpy(record->module, place->path, strnlen(place->path, sizeof(record->module) - 1));
	if (place->path[0] != '/')
		return;
	/* As the process sees it, which may be in a container. */
	snprintf(path, sizeof(path), "/proc/%u/root%s", pid, place->path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf != NULL) {
		address = virtual_address(elf, place->offset);
		while ((section = elf_nextscn(elf, section)) != NULL) {
			GElf_Shdr header;

			if (gelf_getshdr(section, &header) != NULL &&
			    (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM) &&
			    search_section(elf, section, &header, address, record))
				break;
		}
		elf_end(elf);
	}
	close(fd);
}

void syscalls_symbols_tell_user(struct syscalls_symbols *symbols, struct frames *frames, uint32_t pid,
                                const uint64_t *addresses, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct rxray_frame_user_symbol record = {.address = addresses[i], .process = pid};
		struct place place;

		if (!first_time(symbols, pid, addresses[i]))
			continue;
		/* All but the innermost are return addresses: the call lies before. */
		if (!find_place(pid, addresses[i] - (i > 0 ? 1 : 0), &place))
			continue;
		name_function(pid, &place, &record);
		frames_bulk(frames, RXRAY_RECORD_USER_SYMBOL, sizeof(record), &record, 1);
	}
}
