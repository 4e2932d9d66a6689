package sqlitefile

import "encoding/binary"

// Row is a row of a table.
type Row struct {
	Table  string // "" where the page is in no table any more: see Rows
	Key    int64  // its rowid, 0 in a table without
	Values []any  // int64, float64, string, []byte or nil; fewer than columns where some were added later
}

// Lost counts what could not be read.
type Lost struct {
	Pages int // of which nothing is known
	Rows  int // cells that are no rows
}

// The kinds of pages of a tree.
const (
	indexInterior = 2
	tableInterior = 5
	indexLeaf     = 10
	tableLeaf     = 13
)

// scan is one reading of all rows.
type scan struct {
	*File
	seen []bool // pages that have been read
	lost Lost
	tell func(Row) error
}

// Rows tells every row that can be read, first those that are in their tables.
// Where pages that lead to others are damaged there follow, with no name of a
// table, the rows of pages that nobody leads to any more. Among those may be
// old ones, that were changed or deleted later. It ends with the first error of tell.
func (f *File) Rows(tell func(Row) error) (Lost, error) {
	s := &scan{File: f, seen: make([]bool, int(f.pages())+1), tell: tell}
	roots := s.schema()
	unknown := s.lost.Pages > 0 || s.lost.Rows > 0 || len(roots) == 0
	for _, r := range roots {
		if err := s.tree(r.page, r.table); err != nil {
			return s.lost, err
		}
	}
	if !unknown && s.lost.Pages == 0 {
		return s.lost, nil
	}
	s.free()
	for n := range s.seen {
		if n == 0 || s.seen[n] {
			continue
		}
		if page, ok := s.page(uint32(n)); ok && page[headerAt(uint32(n))] == tableLeaf {
			if err := s.leaf(page, uint32(n), ""); err != nil {
				return s.lost, err
			}
		}
	}
	return s.lost, nil
}

// root is where a table or an index begins; an index has no name here.
type root struct {
	page  uint32
	table string
}

// schema reads the table of tables, which begins at page 1.
func (s *scan) schema() (roots []root) {
	tell := s.tell
	defer func() { s.tell = tell }()
	s.tell = func(r Row) error {
		if len(r.Values) < 4 {
			return nil
		}
		kind, _ := r.Values[0].(string)
		name, _ := r.Values[1].(string)
		page, _ := r.Values[3].(int64)
		if page < 2 || page > int64(s.pages()) {
			return nil
		}
		if kind != "table" {
			name = ""
		}
		roots = append(roots, root{uint32(page), name})
		return nil
	}
	if err := s.tree(1, ""); err != nil { // the function above has none
		panic(err)
	}
	return roots
}

// tree reads the pages of a table or an index. Rows of an index are told only
// if table has a name: a table without rowids is one.
func (s *scan) tree(start uint32, table string) error {
	todo := []uint32{start}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if int(n) >= len(s.seen) || n == 0 {
			s.lost.Pages++
			continue
		}
		if s.seen[n] {
			continue
		}
		page, ok := s.page(n)
		if !ok || !isTreePage(page[headerAt(n)]) {
			s.lost.Pages++
			continue
		}
		s.seen[n] = true
		if err := s.leaf(page, n, table); err != nil {
			return err
		}
		todo = append(todo, s.children(page, n)...)
	}
	return nil
}

func isTreePage(kind byte) bool {
	return kind == indexInterior || kind == tableInterior || kind == indexLeaf || kind == tableLeaf
}

// headerAt is where the header of a page begins.
func headerAt(n uint32) int {
	if n == 1 {
		return headerSize
	}
	return 0
}

// cells gives where the cells of a page begin. Those that cannot be are left out.
func (s *scan) cells(page []byte, n uint32) (at []int) {
	begin := headerAt(n)
	header := 8
	if kind := page[begin]; kind == indexInterior || kind == tableInterior {
		header = 12
	}
	count := int(binary.BigEndian.Uint16(page[begin+3:]))
	pointers := page[begin+header:]
	for i := range count {
		if 2*i+2 > len(pointers) {
			s.lost.Rows += count - i
			return at
		}
		cell := int(binary.BigEndian.Uint16(pointers[2*i:]))
		if cell < begin+header+2*count || cell+4 > int(s.usable) {
			s.lost.Rows++
			continue
		}
		at = append(at, cell)
	}
	return at
}

// children are the pages that an interior page leads to.
func (s *scan) children(page []byte, n uint32) (all []uint32) {
	begin := headerAt(n)
	if kind := page[begin]; kind != indexInterior && kind != tableInterior {
		return nil
	}
	before := s.lost.Rows
	for _, cell := range s.cells(page, n) {
		all = append(all, binary.BigEndian.Uint32(page[cell:]))
	}
	s.lost.Pages += s.lost.Rows - before // a cell here is a page there
	s.lost.Rows = before
	return append(all, binary.BigEndian.Uint32(page[begin+8:]))
}

// leaf tells the rows that stand on a page.
func (s *scan) leaf(page []byte, n uint32, table string) error {
	kind := page[headerAt(n)]
	index := kind == indexInterior || kind == indexLeaf
	if kind == tableInterior || index && table == "" {
		return nil
	}
	for _, cell := range s.cells(page, n) {
		data := page[cell:s.usable]
		if kind == indexInterior {
			data = data[4:]
		}
		row, ok := s.row(data, !index)
		if !ok {
			s.lost.Rows++
			continue
		}
		row.Table = table
		if err := s.tell(row); err != nil {
			return err
		}
	}
	return nil
}

// row decodes a cell.
func (s *scan) row(data []byte, keyed bool) (r Row, ok bool) {
	length, n := varint(data)
	if n == 0 || length < 0 {
		return r, false
	}
	data = data[n:]
	if keyed {
		if r.Key, n = varint(data); n == 0 {
			return r, false
		}
		data = data[n:]
	}
	record, ok := s.payload(data, length, s.localSize(length, keyed))
	if !ok {
		return r, false
	}
	r.Values, ok = decode(record)
	return r, ok
}

// free marks what the list of free pages names: what stands there was deleted.
func (s *scan) free() {
	h, ok := s.header()
	if !ok {
		return
	}
	for n := binary.BigEndian.Uint32(h[32:]); n != 0 && int(n) < len(s.seen) && !s.seen[n]; {
		page, ok := s.page(n)
		if !ok {
			return
		}
		s.seen[n] = true
		count := binary.BigEndian.Uint32(page[4:])
		for i := int64(0); i < int64(count) && 8+4*i+4 <= s.usable; i++ {
			if leaf := binary.BigEndian.Uint32(page[8+4*i:]); int(leaf) < len(s.seen) {
				s.seen[leaf] = true
			}
		}
		n = binary.BigEndian.Uint32(page)
	}
}
