;; BLAKE3, four messages at a time: lane i of every vector belongs to message i.
;;
;; `compress` runs the compression function over up to 1024 bytes of each of four messages of one
;; length that lie `stride` apart, and leaves four chaining values of 32 bytes, `outStride` apart.
;; With `length` 64 and other flags the same is a row of four parents. Which flags mean what, and
;; how chunks become a tree, is told in "BLAKE3: one function, fast everywhere" (O'Connor,
;; Aumasson, Neves, Wilcox-O'Hearn, 2020), section 2, and done by wasm-hash.ts.
;;
;; Memory: 0 .. 111 which message word each round takes, in order; 256 .. 511 the sixteen message
;; words, a vector each; 512 .. 767 the last blocks, padded; from 768 the caller's.
(module
  (memory (export "memory") 1)
  (data (i32.const 0)
    "\00\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f"
    "\02\06\03\0a\07\00\04\0d\01\0b\0c\05\09\0e\0f\08"
    "\03\04\0a\0c\0d\02\07\0e\06\05\09\00\0b\0f\08\01"
    "\0a\07\0c\09\0e\03\0d\0f\04\00\0b\02\05\08\01\06"
    "\0c\0d\09\0b\0f\0a\0e\08\07\02\05\03\00\01\06\04"
    "\09\0e\0b\05\08\0c\0f\01\0d\03\00\0a\02\06\04\07"
    "\0b\0f\05\00\01\09\08\06\0e\0a\02\0c\03\04\07\0d")

  (func (export "compress")
      (param $in i32) (param $stride i32) (param $length i32)
      (param $counter i32) (param $counterStep i32)         ;; lane i has counter + i * counterStep
      (param $flags i32) (param $first i32) (param $last i32) ;; of all, first, last blocks
      (param $key i32) (param $out i32) (param $outStride i32)
    (local $v0 v128) (local $v1 v128) (local $v2 v128) (local $v3 v128)
    (local $v4 v128) (local $v5 v128) (local $v6 v128) (local $v7 v128)
    (local $v8 v128) (local $v9 v128) (local $v10 v128) (local $v11 v128)
    (local $v12 v128) (local $v13 v128) (local $v14 v128) (local $v15 v128)
    (local $t0 v128) (local $t1 v128) (local $t2 v128) (local $t3 v128)
    (local $u0 v128) (local $u1 v128) (local $u2 v128) (local $u3 v128)
    (local $p0 i32) (local $p1 i32) (local $p2 i32) (local $p3 i32)
    (local $round i32) (local $take i32)
    (local.set $v0 (v128.load32_splat (local.get $key)))
    (local.set $v1 (v128.load32_splat offset=4 (local.get $key)))
    (local.set $v2 (v128.load32_splat offset=8 (local.get $key)))
    (local.set $v3 (v128.load32_splat offset=12 (local.get $key)))
    (local.set $v4 (v128.load32_splat offset=16 (local.get $key)))
    (local.set $v5 (v128.load32_splat offset=20 (local.get $key)))
    (local.set $v6 (v128.load32_splat offset=24 (local.get $key)))
    (local.set $v7 (v128.load32_splat offset=28 (local.get $key)))
    (local.set $p0 (local.get $in))
    (local.set $p1 (i32.add (local.get $p0) (local.get $stride)))
    (local.set $p2 (i32.add (local.get $p1) (local.get $stride)))
    (local.set $p3 (i32.add (local.get $p2) (local.get $stride)))
    (local.set $flags (i32.or (local.get $flags) (local.get $first)))
    (loop $blocks
      (local.set $take
        (select (i32.const 64) (local.get $length) (i32.gt_u (local.get $length) (i32.const 64))))
      (if (i32.lt_u (local.get $take) (i32.const 64))
        (then
          (memory.fill (i32.const 512) (i32.const 0) (i32.const 256))
          (memory.copy (i32.const 512) (local.get $p0) (local.get $take))
          (memory.copy (i32.const 576) (local.get $p1) (local.get $take))
          (memory.copy (i32.const 640) (local.get $p2) (local.get $take))
          (memory.copy (i32.const 704) (local.get $p3) (local.get $take))
          (local.set $p0 (i32.const 512))
          (local.set $p1 (i32.const 576))
          (local.set $p2 (i32.const 640))
          (local.set $p3 (i32.const 704))))
      ;; Words 0 .. 3 of each lane's block.
      (local.set $t0 (v128.load (local.get $p0)))
      (local.set $t1 (v128.load (local.get $p1)))
      (local.set $t2 (v128.load (local.get $p2)))
      (local.set $t3 (v128.load (local.get $p3)))
      (local.set $u0 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
        (local.get $t0) (local.get $t1)))
      (local.set $u1 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
        (local.get $t0) (local.get $t1)))
      (local.set $u2 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
        (local.get $t2) (local.get $t3)))
      (local.set $u3 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
        (local.get $t2) (local.get $t3)))
      (v128.store offset=256 (i32.const 0)
        (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $u0) (local.get $u2)))
      (v128.store offset=272 (i32.const 0)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $u0) (local.get $u2)))
      (v128.store offset=288 (i32.const 0)
        (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $u1) (local.get $u3)))
      (v128.store offset=304 (i32.const 0)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $u1) (local.get $u3)))
      ;; Words 4 .. 7 of each lane's block.
      (local.set $t0 (v128.load offset=16 (local.get $p0)))
      (local.set $t1 (v128.load offset=16 (local.get $p1)))
      (local.set $t2 (v128.load offset=16 (local.get $p2)))
      (local.set $t3 (v128.load offset=16 (local.get $p3)))
      (local.set $u0 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
        (local.get $t0) (local.get $t1)))
      (local.set $u1 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
        (local.get $t0) (local.get $t1)))
      (local.set $u2 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
        (local.get $t2) (local.get $t3)))
      (local.set $u3 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
        (local.get $t2) (local.get $t3)))
      (v128.store offset=320 (i32.const 0)
        (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $u0) (local.get $u2)))
      (v128.store offset=336 (i32.const 0)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $u0) (local.get $u2)))
      (v128.store offset=352 (i32.const 0)
        (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $u1) (local.get $u3)))
      (v128.store offset=368 (i32.const 0)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $u1) (local.get $u3)))
      ;; Words 8 .. 11 of each lane's block.
      (local.set $t0 (v128.load offset=32 (local.get $p0)))
      (local.set $t1 (v128.load offset=32 (local.get $p1)))
      (local.set $t2 (v128.load offset=32 (local.get $p2)))
      (local.set $t3 (v128.load offset=32 (local.get $p3)))
      (local.set $u0 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
        (local.get $t0) (local.get $t1)))
      (local.set $u1 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
        (local.get $t0) (local.get $t1)))
      (local.set $u2 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
        (local.get $t2) (local.get $t3)))
      (local.set $u3 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
        (local.get $t2) (local.get $t3)))
      (v128.store offset=384 (i32.const 0)
        (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $u0) (local.get $u2)))
      (v128.store offset=400 (i32.const 0)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $u0) (local.get $u2)))
      (v128.store offset=416 (i32.const 0)
        (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $u1) (local.get $u3)))
      (v128.store offset=432 (i32.const 0)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $u1) (local.get $u3)))
      ;; Words 12 .. 15 of each lane's block.
      (local.set $t0 (v128.load offset=48 (local.get $p0)))
      (local.set $t1 (v128.load offset=48 (local.get $p1)))
      (local.set $t2 (v128.load offset=48 (local.get $p2)))
      (local.set $t3 (v128.load offset=48 (local.get $p3)))
      (local.set $u0 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
        (local.get $t0) (local.get $t1)))
      (local.set $u1 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
        (local.get $t0) (local.get $t1)))
      (local.set $u2 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
        (local.get $t2) (local.get $t3)))
      (local.set $u3 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
        (local.get $t2) (local.get $t3)))
      (v128.store offset=448 (i32.const 0)
        (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $u0) (local.get $u2)))
      (v128.store offset=464 (i32.const 0)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $u0) (local.get $u2)))
      (v128.store offset=480 (i32.const 0)
        (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $u1) (local.get $u3)))
      (v128.store offset=496 (i32.const 0)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $u1) (local.get $u3)))
      (local.set $length (i32.sub (local.get $length) (local.get $take)))
      (if (i32.eqz (local.get $length))
        (then (local.set $flags (i32.or (local.get $flags) (local.get $last)))))
      (local.set $v8 (i32x4.splat (i32.const 0x6a09e667)))
      (local.set $v9 (i32x4.splat (i32.const 0xbb67ae85)))
      (local.set $v10 (i32x4.splat (i32.const 0x3c6ef372)))
      (local.set $v11 (i32x4.splat (i32.const 0xa54ff53a)))
      (local.set $v12 (i32x4.add (i32x4.splat (local.get $counter))
        (i32x4.mul (i32x4.splat (local.get $counterStep)) (v128.const i32x4 0 1 2 3))))
      (local.set $v13 (v128.const i32x4 0 0 0 0))
      (local.set $v14 (i32x4.splat (local.get $take)))
      (local.set $v15 (i32x4.splat (local.get $flags)))
      (local.set $round (i32.const 0))
      (loop $rounds
        ;; G(v0, v4, v8, v12)
        (local.set $v0 (i32x4.add (i32x4.add (local.get $v0) (local.get $v4))
          (v128.load offset=256
            (i32.shl (i32.load8_u offset=0 (local.get $round)) (i32.const 4)))))
        (local.set $v12 (v128.xor (local.get $v12) (local.get $v0)))
        (local.set $v12 (i8x16.shuffle 2 3 0 1 6 7 4 5 10 11 8 9 14 15 12 13 (local.get $v12) (local.get $v12)))
        (local.set $v8 (i32x4.add (local.get $v8) (local.get $v12)))
        (local.set $v4 (v128.xor (local.get $v4) (local.get $v8)))
        (local.set $v4 (v128.or
          (i32x4.shr_u (local.get $v4) (i32.const 12)) (i32x4.shl (local.get $v4) (i32.const 20))))
        (local.set $v0 (i32x4.add (i32x4.add (local.get $v0) (local.get $v4))
          (v128.load offset=256
            (i32.shl (i32.load8_u offset=1 (local.get $round)) (i32.const 4)))))
        (local.set $v12 (v128.xor (local.get $v12) (local.get $v0)))
        (local.set $v12 (i8x16.shuffle 1 2 3 0 5 6 7 4 9 10 11 8 13 14 15 12 (local.get $v12) (local.get $v12)))
        (local.set $v8 (i32x4.add (local.get $v8) (local.get $v12)))
        (local.set $v4 (v128.xor (local.get $v4) (local.get $v8)))
        (local.set $v4 (v128.or
          (i32x4.shr_u (local.get $v4) (i32.const 7)) (i32x4.shl (local.get $v4) (i32.const 25))))
        ;; G(v1, v5, v9, v13)
        (local.set $v1 (i32x4.add (i32x4.add (local.get $v1) (local.get $v5))
          (v128.load offset=256
            (i32.shl (i32.load8_u offset=2 (local.get $round)) (i32.const 4)))))
        (local.set $v13 (v128.xor (local.get $v13) (local.get $v1)))
        (local.set $v13 (i8x16.shuffle 2 3 0 1 6 7 4 5 10 11 8 9 14 15 12 13 (local.get $v13) (local.get $v13)))
        (local.set $v9 (i32x4.add (local.get $v9) (local.get $v13)))
        (local.set $v5 (v128.xor (local.get $v5) (local.get $v9)))
        (local.set $v5 (v128.or
          (i32x4.shr_u (local.get $v5) (i32.const 12)) (i32x4.shl (local.get $v5) (i32.const 20))))
        (local.set $v1 (i32x4.add (i32x4.add (local.get $v1) (local.get $v5))
          (v128.load offset=256
            (i32.shl (i32.load8_u offset=3 (local.get $round)) (i32.const 4)))))
        (local.set $v13 (v128.xor (local.get $v13) (local.get $v1)))
        (local.set $v13 (i8x16.shuffle 1 2 3 0 5 6 7 4 9 10 11 8 13 14 15 12 (local.get $v13) (local.get $v13)))
        (local.set $v9 (i32x4.add (local.get $v9) (local.get $v13)))
        (local.set $v5 (v128.xor (local.get $v5) (local.get $v9)))
        (local.set $v5 (v128.or
          (i32x4.shr_u (local.get $v5) (i32.const 7)) (i32x4.shl (local.get $v5) (i32.const 25))))
        ;; G(v2, v6, v10, v14)
        (local.set $v2 (i32x4.add (i32x4.add (local.get $v2) (local.get $v6))
          (v128.load offset=256
            (i32.shl (i32.load8_u offset=4 (local.get $round)) (i32.const 4)))))
        (local.set $v14 (v128.xor (local.get $v14) (local.get $v2)))
        (local.set $v14 (i8x16.shuffle 2 3 0 1 6 7 4 5 10 11 8 9 14 15 12 13 (local.get $v14) (local.get $v14)))
        (local.set $v10 (i32x4.add (local.get $v10) (local.get $v14)))
        (local.set $v6 (v128.xor (local.get $v6) (local.get $v10)))
        (local.set $v6 (v128.or
          (i32x4.shr_u (local.get $v6) (i32.const 12)) (i32x4.shl (local.get $v6) (i32.const 20))))
        (local.set $v2 (i32x4.add (i32x4.add (local.get $v2) (local.get $v6))
          (v128.load offset=256
            (i32.shl (i32.load8_u offset=5 (local.get $round)) (i32.const 4)))))
        (local.set $v14 (v128.xor (local.get $v14) (local.get $v2)))
        (local.set $v14 (i8x16.shuffle 1 2 3 0 5 6 7 4 9 10 11 8 13 14 15 12 (local.get $v14) (local.get $v14)))
        (local.set $v10 (i32x4.add (local.get $v10) (local.get $v14)))
        (local.set $v6 (v128.xor (local.get $v6) (local.get $v10)))
        (local.set $v6 (v128.or
          (i32x4.shr_u (local.get $v6) (i32.const 7)) (i32x4.shl (local.get $v6) (i32.const 25))))
        ;; G(v3, v7, v11, v15)
        (local.set $v3 (i32x4.add (i32x4.add (local.get $v3) (local.get $v7))
          (v128.load offset=256
            (i32.shl (i32.load8_u offset=6 (local.get $round)) (i32.const 4)))))
        (local.set $v15 (v128.xor (local.get $v15) (local.get $v3)))
        (local.set $v15 (i8x16.shuffle 2 3 0 1 6 7 4 5 10 11 8 9 14 15 12 13 (local.get $v15) (local.get $v15)))
        (local.set $v11 (i32x4.add (local.get $v11) (local.get $v15)))
        (local.set $v7 (v128.xor (local.get $v7) (local.get $v11)))
        (local.set $v7 (v128.or
          (i32x4.shr_u (local.get $v7) (i32.const 12)) (i32x4.shl (local.get $v7) (i32.const 20))))
        (local.set $v3 (i32x4.add (i32x4.add (local.get $v3) (local.get $v7))
          (v128.load offset=256
            (i32.shl (i32.load8_u offset=7 (local.get $round)) (i32.const 4)))))
        (local.set $v15 (v128.xor (local.get $v15) (local.get $v3)))
        (local.set $v15 (i8x16.shuffle 1 2 3 0 5 6 7 4 9 10 11 8 13 14 15 12 (local.get $v15) (local.get $v15)))
        (local.set $v11 (i32x4.add (local.get $v11) (local.get $v15)))
        (local.set $v7 (v128.xor (local.get $v7) (local.get $v11)))
        (local.set $v7 (v128.or
          (i32x4.shr_u (local.get $v7) (i32.const 7)) (i32x4.shl (local.get $v7) (i32.const 25))))
        ;; G(v0, v5, v10, v15)
        (local.set $v0 (i32x4.add (i32x4.add (local.get $v0) (local.get $v5))
          (v128.load offset=256
            (i32.shl (i32.load8_u offset=8 (local.get $round)) (i32.const 4)))))
        (local.set $v15 (v128.xor (local.get $v15) (local.get $v0)))
        (local.set $v15 (i8x16.shuffle 2 3 0 1 6 7 4 5 10 11 8 9 14 15 12 13 (local.get $v15) (local.get $v15)))
        (local.set $v10 (i32x4.add (local.get $v10) (local.get $v15)))
        (local.set $v5 (v128.xor (local.get $v5) (local.get $v10)))
        (local.set $v5 (v128.or
          (i32x4.shr_u (local.get $v5) (i32.const 12)) (i32x4.shl (local.get $v5) (i32.const 20))))
        (local.set $v0 (i32x4.add (i32x4.add (local.get $v0) (local.get $v5))
          (v128.load offset=256
            (i32.shl (i32.load8_u offset=9 (local.get $round)) (i32.const 4)))))
        (local.set $v15 (v128.xor (local.get $v15) (local.get $v0)))
        (local.set $v15 (i8x16.shuffle 1 2 3 0 5 6 7 4 9 10 11 8 13 14 15 12 (local.get $v15) (local.get $v15)))
        (local.set $v10 (i32x4.add (local.get $v10) (local.get $v15)))
        (local.set $v5 (v128.xor (local.get $v5) (local.get $v10)))
        (local.set $v5 (v128.or
          (i32x4.shr_u (local.get $v5) (i32.const 7)) (i32x4.shl (local.get $v5) (i32.const 25))))
        ;; G(v1, v6, v11, v12)
        (local.set $v1 (i32x4.add (i32x4.add (local.get $v1) (local.get $v6))
          (v128.load offset=256
            (i32.shl (i32.load8_u offset=10 (local.get $round)) (i32.const 4)))))
        (local.set $v12 (v128.xor (local.get $v12) (local.get $v1)))
        (local.set $v12 (i8x16.shuffle 2 3 0 1 6 7 4 5 10 11 8 9 14 15 12 13 (local.get $v12) (local.get $v12)))
        (local.set $v11 (i32x4.add (local.get $v11) (local.get $v12)))
        (local.set $v6 (v128.xor (local.get $v6) (local.get $v11)))
        (local.set $v6 (v128.or
          (i32x4.shr_u (local.get $v6) (i32.const 12)) (i32x4.shl (local.get $v6) (i32.const 20))))
        (local.set $v1 (i32x4.add (i32x4.add (local.get $v1) (local.get $v6))
          (v128.load offset=256
            (i32.shl (i32.load8_u offset=11 (local.get $round)) (i32.const 4)))))
        (local.set $v12 (v128.xor (local.get $v12) (local.get $v1)))
        (local.set $v12 (i8x16.shuffle 1 2 3 0 5 6 7 4 9 10 11 8 13 14 15 12 (local.get $v12) (local.get $v12)))
        (local.set $v11 (i32x4.add (local.get $v11) (local.get $v12)))
        (local.set $v6 (v128.xor (local.get $v6) (local.get $v11)))
        (local.set $v6 (v128.or
          (i32x4.shr_u (local.get $v6) (i32.const 7)) (i32x4.shl (local.get $v6) (i32.const 25))))
        ;; G(v2, v7, v8, v13)
        (local.set $v2 (i32x4.add (i32x4.add (local.get $v2) (local.get $v7))
          (v128.load offset=256
            (i32.shl (i32.load8_u offset=12 (local.get $round)) (i32.const 4)))))
        (local.set $v13 (v128.xor (local.get $v13) (local.get $v2)))
        (local.set $v13 (i8x16.shuffle 2 3 0 1 6 7 4 5 10 11 8 9 14 15 12 13 (local.get $v13) (local.get $v13)))
        (local.set $v8 (i32x4.add (local.get $v8) (local.get $v13)))
        (local.set $v7 (v128.xor (local.get $v7) (local.get $v8)))
        (local.set $v7 (v128.or
          (i32x4.shr_u (local.get $v7) (i32.const 12)) (i32x4.shl (local.get $v7) (i32.const 20))))
        (local.set $v2 (i32x4.add (i32x4.add (local.get $v2) (local.get $v7))
          (v128.load offset=256
            (i32.shl (i32.load8_u offset=13 (local.get $round)) (i32.const 4)))))
        (local.set $v13 (v128.xor (local.get $v13) (local.get $v2)))
        (local.set $v13 (i8x16.shuffle 1 2 3 0 5 6 7 4 9 10 11 8 13 14 15 12 (local.get $v13) (local.get $v13)))
        (local.set $v8 (i32x4.add (local.get $v8) (local.get $v13)))
        (local.set $v7 (v128.xor (local.get $v7) (local.get $v8)))
        (local.set $v7 (v128.or
          (i32x4.shr_u (local.get $v7) (i32.const 7)) (i32x4.shl (local.get $v7) (i32.const 25))))
        ;; G(v3, v4, v9, v14)
        (local.set $v3 (i32x4.add (i32x4.add (local.get $v3) (local.get $v4))
          (v128.load offset=256
            (i32.shl (i32.load8_u offset=14 (local.get $round)) (i32.const 4)))))
        (local.set $v14 (v128.xor (local.get $v14) (local.get $v3)))
        (local.set $v14 (i8x16.shuffle 2 3 0 1 6 7 4 5 10 11 8 9 14 15 12 13 (local.get $v14) (local.get $v14)))
        (local.set $v9 (i32x4.add (local.get $v9) (local.get $v14)))
        (local.set $v4 (v128.xor (local.get $v4) (local.get $v9)))
        (local.set $v4 (v128.or
          (i32x4.shr_u (local.get $v4) (i32.const 12)) (i32x4.shl (local.get $v4) (i32.const 20))))
        (local.set $v3 (i32x4.add (i32x4.add (local.get $v3) (local.get $v4))
          (v128.load offset=256
            (i32.shl (i32.load8_u offset=15 (local.get $round)) (i32.const 4)))))
        (local.set $v14 (v128.xor (local.get $v14) (local.get $v3)))
        (local.set $v14 (i8x16.shuffle 1 2 3 0 5 6 7 4 9 10 11 8 13 14 15 12 (local.get $v14) (local.get $v14)))
        (local.set $v9 (i32x4.add (local.get $v9) (local.get $v14)))
        (local.set $v4 (v128.xor (local.get $v4) (local.get $v9)))
        (local.set $v4 (v128.or
          (i32x4.shr_u (local.get $v4) (i32.const 7)) (i32x4.shl (local.get $v4) (i32.const 25))))
        (br_if $rounds
          (i32.lt_u (local.tee $round (i32.add (local.get $round) (i32.const 16)))
                    (i32.const 112))))
      (local.set $v0 (v128.xor (local.get $v0) (local.get $v8)))
      (local.set $v1 (v128.xor (local.get $v1) (local.get $v9)))
      (local.set $v2 (v128.xor (local.get $v2) (local.get $v10)))
      (local.set $v3 (v128.xor (local.get $v3) (local.get $v11)))
      (local.set $v4 (v128.xor (local.get $v4) (local.get $v12)))
      (local.set $v5 (v128.xor (local.get $v5) (local.get $v13)))
      (local.set $v6 (v128.xor (local.get $v6) (local.get $v14)))
      (local.set $v7 (v128.xor (local.get $v7) (local.get $v15)))
      (local.set $flags
        (i32.and (local.get $flags) (i32.xor (local.get $first) (i32.const -1))))
      (local.set $p0 (i32.add (local.get $p0) (i32.const 64)))
      (local.set $p1 (i32.add (local.get $p1) (i32.const 64)))
      (local.set $p2 (i32.add (local.get $p2) (i32.const 64)))
      (local.set $p3 (i32.add (local.get $p3) (i32.const 64)))
      (br_if $blocks (local.get $length)))
    ;; The lanes' chaining values, words 0 .. 3 and 4 .. 7.
    (local.set $t0 (local.get $v0))
    (local.set $t1 (local.get $v1))
    (local.set $t2 (local.get $v2))
    (local.set $t3 (local.get $v3))
    (local.set $u0 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
      (local.get $t0) (local.get $t1)))
    (local.set $u1 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
      (local.get $t0) (local.get $t1)))
    (local.set $u2 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
      (local.get $t2) (local.get $t3)))
    (local.set $u3 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
      (local.get $t2) (local.get $t3)))
    (v128.store (local.get $out)
      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $u0) (local.get $u2)))
    (v128.store (i32.add (local.get $out) (local.get $outStride))
      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $u0) (local.get $u2)))
    (v128.store (i32.add (local.get $out) (i32.mul (local.get $outStride) (i32.const 2)))
      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $u1) (local.get $u3)))
    (v128.store (i32.add (local.get $out) (i32.mul (local.get $outStride) (i32.const 3)))
      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $u1) (local.get $u3)))
    (local.set $t0 (local.get $v4))
    (local.set $t1 (local.get $v5))
    (local.set $t2 (local.get $v6))
    (local.set $t3 (local.get $v7))
    (local.set $u0 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
      (local.get $t0) (local.get $t1)))
    (local.set $u1 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
      (local.get $t0) (local.get $t1)))
    (local.set $u2 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
      (local.get $t2) (local.get $t3)))
    (local.set $u3 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
      (local.get $t2) (local.get $t3)))
    (v128.store offset=16 (local.get $out)
      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $u0) (local.get $u2)))
    (v128.store offset=16 (i32.add (local.get $out) (local.get $outStride))
      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $u0) (local.get $u2)))
    (v128.store offset=16 (i32.add (local.get $out) (i32.mul (local.get $outStride) (i32.const 2)))
      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $u1) (local.get $u3)))
    (v128.store offset=16 (i32.add (local.get $out) (i32.mul (local.get $outStride) (i32.const 3)))
      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $u1) (local.get $u3)))))
