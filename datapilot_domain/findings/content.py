"""What a file is when it is no table, and what is wrong with what it is packed in."""

from __future__ import annotations

from datapilot_domain.findings.finding import finding

KINDS = (
    finding("pdf", "um PDF", "a PDF"),
    finding("parquet", "um arquivo Parquet", "a Parquet file"),
    finding(
        "rar", "um arquivo RAR: descompacte, ou compacte como .zip", "a RAR archive: unpack it, or pack it as .zip"
    ),
    finding(
        "seven_zip", "um arquivo 7-Zip: descompacte, ou compacte como .zip",
        "a 7-Zip archive: unpack it, or pack it as .zip",
    ),
    finding(
        "bzip2", "um arquivo bzip2: descompacte, ou compacte como .gz",
        "a bzip2 archive: unpack it, or pack it as .gz",
    ),
    finding("xz", "um arquivo xz: descompacte, ou compacte como .gz", "an xz archive: unpack it, or pack it as .gz"),
    finding(
        "zstd", "um arquivo zstd: descompacte, ou compacte como .gz", "a zstd archive: unpack it, or pack it as .gz"
    ),
    finding(
        "tar", "um arquivo tar: compacte a tabela como .zip ou .gz", "a tar archive: pack the table as .zip or .gz"
    ),
    finding(
        "zip_part", "uma parte de um zip dividido: envie como um só arquivo",
        "one part of a split zip archive: send it as one file",
    ),
    finding("picture", "uma imagem", "a picture"),
    finding("rtf", "um texto do Word (RTF)", "a Word text (RTF)"),
    finding("sqlite", "um banco de dados SQLite", "an SQLite database"),
    finding(
        "git_lfs", "um ponteiro do Git-LFS, e não o próprio arquivo", "a Git-LFS pointer instead of the file itself"
    ),
    finding(
        "xml_sheet", "uma planilha XML do Excel 2003: salve como .xlsx ou CSV",
        "an Excel 2003 XML sheet: save it as .xlsx or CSV",
    ),
    finding("html", "uma página HTML", "an HTML page"),
    finding(
        "html_as_xls", "uma página HTML, como alguns sistemas exportam com o nome .xls: abra e salve como .xlsx ou CSV",
        "an HTML page, as some systems export under the name .xls: open it and save it as .xlsx or CSV",
    ),
    finding("xml", "um documento XML", "an XML document"),
    finding("json", "JSON", "JSON"),
    finding(
        "old_workbook", "uma pasta de trabalho antiga do Excel (.xls): salve como .xlsx ou CSV",
        "an old Excel workbook (.xls): save it as .xlsx or CSV",
    ),
    finding(
        "old_office", "um arquivo antigo do Office (OLE2): salve como .xlsx ou CSV",
        "an old Office file (OLE2): save it as .xlsx or CSV",
    ),
    finding(
        "binary_workbook", "uma pasta de trabalho binária do Excel (.xlsb): salve como .xlsx ou CSV",
        "a binary Excel workbook (.xlsb): save it as .xlsx or CSV",
    ),
    finding(
        "open_document", "um arquivo OpenDocument (.ods): salve como .xlsx ou CSV",
        "an OpenDocument file (.ods): save it as .xlsx or CSV",
    ),
    finding(
        "numbers", "um documento do Numbers: exporte como .xlsx ou CSV",
        "a Numbers document: export it as .xlsx or CSV",
    ),
    finding("word", "um documento do Word (.docx)", "a Word document (.docx)"),
    finding("powerpoint", "uma apresentação do PowerPoint (.pptx)", "a PowerPoint presentation (.pptx)"),
)  # fmt: skip

CONTENT = (
    *KINDS,
    finding("no_content", "o arquivo não tem conteúdo", "the file has no content"),
    finding("looks_like", "o arquivo parece ser {kind}", "the file looks like {kind}"),
    finding(
        "workbook_with_password", "o arquivo parece ser uma pasta de trabalho do Excel com senha",
        "the file looks like an Excel workbook with a password",
    ),
    finding(
        "too_many_bytes", "o arquivo tem {size} bytes, o limite é {limit}",
        "the file has {size} bytes, the limit is {limit}",
    ),
    # Archives; `what` is one of the first three.
    finding("gzip_file", "o arquivo gzip", "the gzip file"),
    finding("zip_file", "o arquivo zip", "the zip file"),
    finding("member", "o membro {member!r}", "member {member!r}"),
    finding("cut_short", "{what} termina antes do fim: foi cortado", "{what} ends too early: it was cut"),
    finding("not_unpacked", "{what} não se descompacta: {error}", "{what} cannot be unpacked: {error}"),
    finding("points_outside", "{what} aponta para fora do arquivo", "{what} points outside the file"),
    finding("unpacks_to_more", "descompactado, passa de {limit} bytes", "it unpacks to more than {limit} bytes"),
    finding(
        "unpacks_to_times", "descompactado, passa de {ratio} vezes o próprio tamanho",
        "it unpacks to more than {ratio} times its own size",
    ),
    finding(
        "too_many_members", "o arquivo compactado tem {count} membros, o limite é {limit}",
        "the archive has {count} members, the limit is {limit}",
    ),
    finding(
        "directory_too_long", "o diretório do arquivo compactado passa de {limit} bytes",
        "the archive's directory has more than {limit} bytes",
    ),
    finding("members_of_one_name", "dois membros têm o mesmo nome", "two members have one name"),
    finding("member_locked", "o membro {member!r} tem senha", "member {member!r} has a password"),
    finding("member_is_link", "o membro {member!r} é um link", "member {member!r} is a link"),
    finding(
        "member_leads_out", "o membro {member!r} tem um caminho que sai do arquivo compactado",
        "member {member!r} has a path that leads out of the archive",
    ),
    finding(
        "member_method", "o membro {member!r} foi compactado por um método incomum ({method})",
        "member {member!r} is packed by an uncommon method ({method})",
    ),
    finding("archive_without_files", "o arquivo compactado não tem arquivos", "the archive holds no file"),
    finding("the_content", "o conteúdo", "the content"),
    finding(
        "archive_in_archive", "{name} é um arquivo {kind} dentro de um arquivo {outer}",
        "{name} is a {kind} archive inside a {outer} archive",
    ),
    # Text; `bytes` in hexadecimal.
    finding(
        "other_encoding", "o arquivo começa como {encoding}, mas os bytes {bytes} não são {encoding}",
        "the file starts as {encoding} does, but the bytes {bytes} are not {encoding}",
    ),
    finding(
        "character_cut", "os bytes {bytes} não são {encoding}: o arquivo foi cortado",
        "the bytes {bytes} are not {encoding}: the file was cut",
    ),
    finding(
        "nul_to_the_end", "do byte {byte} em diante tudo é NUL: o arquivo não foi escrito até o fim",
        "from byte {byte} on all is NUL: it was not written to its end",
    ),
    finding(
        "nul_inside", "o byte {byte} é NUL: o arquivo é binário ou está danificado",
        "byte {byte} is NUL: the file is binary or damaged",
    ),
    finding(
        "line_too_long", "uma linha antes do byte {byte} passa de {limit} bytes",
        "a line before byte {byte} is longer than {limit} bytes",
    ),
)  # fmt: skip
