-- Markup of notebook cells → Typst and HTML by `pandoc lua`: a notebook a line, all of its cells, until the input ends.
-- In: {"blocks": [{"format": "gfm", "text": "…"}]}. Out: {"done": [{"typst": "…", "html": "…", "images": [{"key", "src", "alt"}]}]}
-- or {"refused": "why"}.

local MATHML = pandoc.WriterOptions { html_math_method = 'mathml' }
local SCHEMES = { http = true, https = true, mailto = true, doi = true }
-- Of a format's bare name pandoc has the extensions at hand; with others than its own it takes longer than for the text.
local function parse(block)
  if block.format ~= 'markdown' then return pandoc.read(block.text, 'html') end
  return pandoc.read(block.text, block.text:match('^%s*%-%-%-') and 'gfm-yaml_metadata_block' or 'gfm')
end

-- Raw HTML inside markdown would vanish from the PDF: parse it as what it is.
local function absorb_raw_html(doc, text)
  if not text:find('<', 1, true) then return doc end
  return doc:walk {
    RawBlock = function(raw)
      if raw.format:match('html') then return pandoc.read(raw.text, 'html').blocks end
    end,
    RawInline = function(raw)
      if not raw.format:match('html') then return nil end
      if raw.text:match('^<[bB][rR]') then return pandoc.LineBreak() end
      if not raw.text:match('^<[iI][mM][gG]') then return {} end
      return pandoc.utils.blocks_to_inlines(pandoc.read(raw.text, 'html').blocks)
    end,
  }
end

-- Heading levels start at 1 and never skip one; identifiers are unique over the whole notebook.
local function settle_headings(docs)
  local least, previous, seen, known = 9, 0, {}, {}
  for _, doc in ipairs(docs) do
    doc:walk { Header = function(h) least = math.min(least, h.level) end }
  end
  for i, doc in ipairs(docs) do
    docs[i] = doc:walk { Header = function(h)
      h.level = math.min(h.level - least + 1, previous + 1)
      previous = h.level
      local told = h.identifier
      local base = 'section-' .. (told:gsub('[^%w_-]', ''))
      seen[base] = (seen[base] or 0) + 1
      h.identifier = seen[base] == 1 and base or (base .. '-' .. seen[base])
      known[told] = known[told] or h.identifier
      known[(pandoc.utils.stringify(h):gsub(' ', '-'))] = h.identifier
      h.attributes = {}
      h.classes = {}
      return h
    end }
  end
  return known
end

-- A link into the notebook goes to its heading, or is plain text where there is none.
local function settle_links(doc, known)
  return doc:walk {
    Link = function(link)
      local anchor = link.target:match('^#(.*)$')
      if not anchor then
        -- Browsers drop control characters and leading blanks of an address before they read its scheme.
        local target = link.target:gsub('[%c]', ''):gsub('^%s+', ''):gsub('%s+$', '')
        local scheme = target:match('^([^/?#]*):')
        if target == '' or (scheme and not SCHEMES[scheme:lower()]) then return link.content end
        return pandoc.Link(link.content, target)
      end
      if known[anchor] then return pandoc.Link(link.content, '#' .. known[anchor]) end
      return link.content
    end,
    Span = function(span) return span.content end,
    Div = function(div) return div.content end,
  }
end

local function quoted(text)
  return '"' .. text:gsub('\\', '\\\\'):gsub('"', '\\"'):gsub('%s+', ' ') .. '"'
end

local function typst_math(math)
  local plain = pandoc.write(pandoc.Pandoc { pandoc.Plain { math } }, 'typst')
  local display = math.mathtype == 'DisplayMath'
  plain = plain:gsub('%s+$', '')
  if not plain:match('^%$.*%$$') then return pandoc.Code(math.text) end
  local call = '#equation(' .. tostring(display) .. ', ' .. quoted(math.text) .. ', ' .. plain .. ')'
  return pandoc.RawInline('typst', call)
end

local function convert(doc, index)
  local images = pandoc.List {}
  local function note_image(image)
    local key = 'cell-' .. index .. '-' .. (#images + 1)
    images:insert { key = key, src = image.src, alt = pandoc.utils.stringify(image.caption) }
    return key, images[#images].alt
  end
  doc = doc:walk {
    Figure = function(figure) return figure.content end,
    Image = function(image)
      local key, alt = note_image(image)
      return pandoc.Image({ pandoc.Str(alt) }, 'image:' .. key)
    end,
  }
  local typst = doc:walk {
    Image = function(image)
      local alt = quoted(pandoc.utils.stringify(image.caption))
      return pandoc.RawInline('typst', '#picture("' .. image.src:sub(7) .. '", ' .. alt .. ')')
    end,
    Math = typst_math,
    HorizontalRule = function() return pandoc.RawBlock('typst', '#thematic-break') end,
    Table = function(tbl)
      local drawn = pandoc.write(pandoc.Pandoc { tbl }, 'typst'):gsub('align%(center%)', 'align(left)')
      return pandoc.RawBlock('typst', '#ruled[\n' .. drawn .. ']')
    end,
  }
  local html = doc:walk {
    Header = function(h) h.level = h.level + 1 return h end,
    CodeBlock = function(code) return pandoc.CodeBlock(code.text) end,
  }
  return { typst = typst, html = html, images = images }
end

-- Writes documents as one, for a writer takes longer to start than to write; texts are apart by what no text holds.
local function written(docs, format, options)
  local mark, all = '@@' .. format .. ':end of a cell@@', pandoc.List {}
  for _, doc in ipairs(docs) do
    all:extend(doc.blocks)
    all:insert(pandoc.RawBlock(format, mark))
  end
  local texts, from, whole = {}, 1, pandoc.write(pandoc.Pandoc(all), format, options)
  while #texts < #docs do
    local start, stop = whole:find(mark, from, true)
    texts[#texts + 1] = whole:sub(from, start - 1):gsub('^\n+', ''):gsub('\n*$', '\n', 1)
    from = stop + 1
  end
  return texts
end

local function has_note(doc)
  local found = false
  doc:walk { Note = function() found = true end }
  return found
end

local function converted(blocks)
  local docs = {}
  for i, block in ipairs(blocks) do
    docs[i] = absorb_raw_html(parse(block), block.text)
  end
  local known = settle_headings(docs)
  local out = pandoc.List {}
  for i, doc in ipairs(docs) do out:insert(convert(settle_links(doc, known), i)) end
  local typst = written(out:map(function(entry) return entry.typst end), 'typst')
  -- A cell's notes stand at its end.
  local plain = out:filter(function(entry) return not has_note(entry.html) end)
  local html = written(plain:map(function(entry) return entry.html end), 'html', MATHML)
  for i, entry in ipairs(plain) do entry.html = html[i] end
  for i, entry in ipairs(out) do
    entry.typst = typst[i]
    if type(entry.html) ~= 'string' then entry.html = pandoc.write(entry.html, 'html', MATHML) end
  end
  return out
end

for line in io.lines() do
  local is_done, told = pcall(converted, pandoc.json.decode(line, false).blocks)
  io.write(pandoc.json.encode(is_done and { done = told } or { refused = tostring(told) }), '\n')
  io.flush()
end
