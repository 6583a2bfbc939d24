// SPDX-License-Identifier: Apache-2.0
//
// How a fetch uses the network.
#pragma once

// How the network is used. All zero is the default.
struct firmware_network {
        const char *mirror;  // another archive than the catalog's, with the same proof; NULL for the catalog's
        const char *keyring; // a file with the archive's key, beside the system's keyrings; NULL for none
        unsigned attempts;   // at a download (fw/net/download.h); 0 for the default
};
