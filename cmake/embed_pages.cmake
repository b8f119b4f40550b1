# Writes OUT: a C++ file with the pages of WEB as string literals, so that the binary needs no files.
set(code "#include \"control/pages.hpp\"\n\nnamespace sipcast {\n\nstd::span<const Page> pages() {\n  static constexpr Page kPages[] = {\n")
foreach(page index.html player.html style.css index.js api.js dom.js calls.js streams.js ladder.js player.js whep.js ll-hls.js openapi.json)
  file(READ ${WEB}/${page} text)
  string(APPEND code "      {\"${page}\", R\"PAGE(${text})PAGE\"},\n")
endforeach()
string(APPEND code "  };\n  return kPages;\n}\n\n}  // namespace sipcast\n")
file(WRITE ${OUT} "${code}")
