#ifndef NEEDLEWISE_SERVER_CDS_HOOKS_HOOK_SETTINGS_H_
#define NEEDLEWISE_SERVER_CDS_HOOKS_HOOK_SETTINGS_H_

#include <string>
#include <vector>

#include "needlewise/config/v1/server_config.pb.h"

namespace needlewise {

// Writes what is left out of the settings of CDS Hooks.
void FillHookDefaults(config::v1::CdsHooks* hooks);

// A fault of one setting.
struct HookSettingFault {
  // Name of the field in `CdsHooks`.
  const char* field;
  // For a repeated field: which.
  int index;
  // What is wrong and what to do.
  std::string message;
};

// Every fault of the settings of CDS Hooks. `config` has its defaults.
std::vector<HookSettingFault> CheckHookSettings(
    const config::v1::ServerConfig& config);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_CDS_HOOKS_HOOK_SETTINGS_H_
