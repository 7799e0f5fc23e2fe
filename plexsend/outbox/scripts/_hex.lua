-- needs: nothing
-- Bytes that come as text.

local function from_hex(text)
  return (string.gsub(text, '%x%x', function(pair) return string.char(tonumber(pair, 16)) end))
end
