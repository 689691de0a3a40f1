// RapidJSON, compiled in one way everywhere.

#ifndef NEEDLEWISE_SERVER_FHIR_RAPIDJSON_H_
#define NEEDLEWISE_SERVER_FHIR_RAPIDJSON_H_

// Sixteen bytes at a time; every x86-64 has that.
#if defined(__SSE2__) && !defined(RAPIDJSON_SSE2)
#define RAPIDJSON_SSE2
#endif

#include <rapidjson/document.h>      // IWYU pragma: export
#include <rapidjson/reader.h>        // IWYU pragma: export
#include <rapidjson/stringbuffer.h>  // IWYU pragma: export
#include <rapidjson/writer.h>        // IWYU pragma: export

#endif  // NEEDLEWISE_SERVER_FHIR_RAPIDJSON_H_
