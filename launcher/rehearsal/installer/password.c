// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/installer/password.h"

#include "launcher/rehearsal/base/text.h"

#define LENGTH_MIN  7
#define CLASSES_MIN 3

enum character_class {
        LOWER = 1,
        UPPER = 2,
        DIGIT = 4,
        OTHER = 8,
};

static enum character_class class_of(char character)
{
        if (character >= 'a' && character <= 'z')
                return LOWER;
        if (character >= 'A' && character <= 'Z')
                return UPPER;
        return character >= '0' && character <= '9' ? DIGIT : OTHER;
}

static unsigned count_classes(const char *password)
{
        unsigned classes = 0;
        for (; *password; password++)
                classes |= class_of(*password);
        unsigned count = 0;
        for (; classes; classes &= classes - 1)
                count++;
        return count;
}

const char *password_refusal(const char *password, const char *confirmation)
{
        if (!text_equal(password, confirmation))
                return "Passwords do not match. Enter them again.";
        if (text_length(password) < LENGTH_MIN)
                return "Password too simple: it needs at least 7 characters.";
        if (count_classes(password) < CLASSES_MIN)
                return "Password too simple: it needs 3 of lower, upper, digit, other.";
        return NULL;
}
