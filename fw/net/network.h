// SPDX-License-Identifier: Apache-2.0
//
// Network options of a fetch. All zero is the default.
#pragma once

struct firmware_network {
        const char *mirror;  // an archive instead of the catalog's, with the same proof; NULL for the catalog's
        const char *keyring; // a file with the archive's key, in addition to the system's keyrings; or NULL
        unsigned attempts;   // for each download (fw/net/download.h); 0 for the default
};
