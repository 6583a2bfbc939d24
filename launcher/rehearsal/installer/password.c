// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/installer/password.h"

#include "launcher/rehearsal/base/text.h"

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

const char *password_remark(const char *password, const char *confirmation, bool *accepts)
{
        size_t length = text_length(password);
        *accepts = false;
        if (!length && !*confirmation)
                return "Please enter a password.";
        if (length < PASSWORD_MIN)
                return "Password must be at least 7 characters long.";
        if (length > PASSWORD_MAX)
                return "Password must be at most 40 characters long.";
        *accepts = text_equal(password, confirmation);
        return *accepts ? "Passwords match." : "Passwords do not match.";
}

const char *password_refusal(const char *password)
{
        return count_classes(password) < CLASSES_MIN ? "Password does not have enough character types" : NULL;
}
