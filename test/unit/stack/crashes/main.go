// Command main dies in the way that its first argument names; README.md beside it tells what its texts are for.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

type T struct{ n int }

func (t *T) deep(n int) int {
	if n == 0 {
		panic(errors.New("bottom\nof the well\n\npanic: no"))
	}
	return t.deep(n-1) + 1
}

func Map[A, B any](xs []A, f func(A) B) []B {
	var out []B
	for _, x := range xs {
		out = append(out, f(x))
	}
	return out
}

type big struct {
	a, b, c, d, e, f int
	s                string
	m                map[string]int
}

//go:noinline
func manyArgs(a int, b string, c []byte, d big, e error, f float64, g func()) {
	panic(fmt.Sprintf("many %d", a))
}

func overflow(n int) int { return overflow(n+1) + 1 }

func main() {
	switch os.Args[1] {
	case "deep":
		(&T{}).deep(150)
	case "generic":
		Map([]int{1, 2, 0}, func(n int) string { return fmt.Sprint(10 / n) })
	case "args":
		manyArgs(1, "b", nil, big{}, nil, 2.5, nil)
	case "overflow":
		debug.SetMaxStack(64 << 10)
		overflow(0)
	case "recovered":
		defer func() {
			r := recover()
			panic(fmt.Sprint("again: ", r))
		}()
		panic("first\nsecond line")
	case "repanic":
		defer func() { panic(recover()) }()
		panic(fmt.Errorf("the same"))
	case "nested":
		defer func() {
			defer func() { panic("three") }()
			panic("two")
		}()
		panic("one")
	case "goexit":
		go func() {
			defer func() { panic("in goexit") }()
			runtime.Goexit()
		}()
		select {}
	case "nogoroutines":
		runtime.Goexit()
	case "maps":
		m := map[int]int{}
		var wg sync.WaitGroup
		wg.Add(1)
		go func() {
			for {
				m[1]++
			}
		}()
		for {
			m[2]++
		}
	case "locked":
		done := make(chan int)
		go func() {
			runtime.LockOSThread()
			done <- 1
			select {}
		}()
		<-done
		time.Sleep(time.Millisecond)
		debug.SetTraceback("all")
		panic("with a locked one")
	case "nil":
		var t *T
		fmt.Println(t.n)
	case "nilpanic":
		panic(nil)
	}
}
