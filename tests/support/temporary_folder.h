#ifndef NEEDLEWISE_TESTS_SUPPORT_TEMPORARY_FOLDER_H_
#define NEEDLEWISE_TESTS_SUPPORT_TEMPORARY_FOLDER_H_

#include <string>

namespace needlewise {

// A folder that is removed with all it holds.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_SUPPORT_TEMPORARY_FOLDER_H_
