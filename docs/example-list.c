// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <varstore.h>

int main(int count, char **arguments)
{
        AUTO_ERROR struct error err = {0};
        AUTO_VARSTORE struct varstore *store = NULL;
        if (count != 2 || !varstore_load(arguments[1], &store, &err))
                return fprintf(stderr, "%s\n", err.message ? err.message : "usage: example-list FILE"), 1;
        AUTO_BOOTCHAIN struct bootchain chain = {0};
        bootchain_read(store, &chain, NULL);
        for (size_t i = 0; i < chain.entry_count; i++)
                printf("Boot%04X%c %s\t%s\n", chain.entries[i].number, chain.entries[i].active ? '*' : ' ',
                       chain.entries[i].label, chain.entries[i].path);
}
