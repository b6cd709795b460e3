;; BLAKE2b-128 of `id || key` for many ids and one key, two ids a pass (RFC 7693, sections 2 and 3).
;;
;; Each v128 holds one 64-bit word of two independent hashes, lane 0 for the first id of a pair and
;; lane 1 for the second, so that no step needs a shuffle across words. The twelve rounds are a loop
;; over the message schedule: unrolling them measured no faster and made the binary eight times as
;; large. The message word is added first, since b is what each step waits for.
;;
;; Nothing is allocated; the caller fills `key` and `ids`, calls `score`, and reads `digests`.
;;
;;      0  schedule   12 rounds x 16 bytes: sigma, each entry times 16 (an offset into `message`)
;;    192  iv         the eight initial words, in both lanes
;;    512  message    the 16 words of the block being compressed
;;    768  chain      the eight words carried from block to block
;;   1024  key        8 blocks x 16 words, in both lanes: the key where it stands behind an id of
;;                    this length, zero elsewhere
;;   4096  ids        one row a pair: the words of both ids, zero-padded; at most 64 KiB
;;  69632  digests    16 bytes an id
;;
;; An id has at most 16 words, so that it lies in the first block and the others are the key alone.
(module
  (memory (export "memory") 2)
  (data (i32.const 0)
    "\00\10\20\30\40\50\60\70\80\90\a0\b0\c0\d0\e0\f0"
    "\e0\a0\40\80\90\f0\d0\60\10\c0\00\20\b0\70\50\30"
    "\b0\80\c0\00\50\20\f0\d0\a0\e0\30\60\70\10\90\40"
    "\70\90\30\10\d0\c0\b0\e0\20\60\50\a0\40\00\f0\80"
    "\90\00\50\70\20\40\a0\f0\e0\10\b0\c0\60\80\30\d0"
    "\20\c0\60\a0\00\b0\80\30\40\d0\70\50\f0\e0\10\90"
    "\c0\50\10\f0\e0\d0\40\a0\00\70\60\30\90\20\80\b0"
    "\d0\b0\70\e0\c0\10\30\90\50\00\f0\40\80\60\20\a0"
    "\60\f0\e0\90\b0\30\00\80\c0\20\d0\70\10\40\a0\50"
    "\a0\20\80\40\70\60\10\50\f0\b0\90\e0\30\c0\d0\00"
    "\00\10\20\30\40\50\60\70\80\90\a0\b0\c0\d0\e0\f0"
    "\e0\a0\40\80\90\f0\d0\60\10\c0\00\20\b0\70\50\30"
    "\08\c9\bc\f3\67\e6\09\6a\08\c9\bc\f3\67\e6\09\6a"
    "\3b\a7\ca\84\85\ae\67\bb\3b\a7\ca\84\85\ae\67\bb"
    "\2b\f8\94\fe\72\f3\6e\3c\2b\f8\94\fe\72\f3\6e\3c"
    "\f1\36\1d\5f\3a\f5\4f\a5\f1\36\1d\5f\3a\f5\4f\a5"
    "\d1\82\e6\ad\7f\52\0e\51\d1\82\e6\ad\7f\52\0e\51"
    "\1f\6c\3e\2b\8c\68\05\9b\1f\6c\3e\2b\8c\68\05\9b"
    "\6b\bd\41\fb\ab\d9\83\1f\6b\bd\41\fb\ab\d9\83\1f"
    "\79\21\7e\13\19\cd\e0\5b\79\21\7e\13\19\cd\e0\5b")

  ;; pairs: rows in `ids`, at least 1.  row: bytes in a row.  length: bytes of id and key together.
  (func (export "score") (param $pairs i32) (param $row i32) (param $length i32)
    (local $in i32) (local $out i32) (local $end i32)
    (local $blocks i32) (local $block i32) (local $hashed i32) (local $last i64) (local $round i32)
    (local $v0 v128) (local $v1 v128) (local $v2 v128) (local $v3 v128)
    (local $v4 v128) (local $v5 v128) (local $v6 v128) (local $v7 v128)
    (local $v8 v128) (local $v9 v128) (local $v10 v128) (local $v11 v128)
    (local $v12 v128) (local $v13 v128) (local $v14 v128) (local $v15 v128)

    (local.set $in (i32.const 4096))
    (local.set $out (i32.const 69632))
    ;; Even the empty message has a block.
    (local.set $blocks
      (i32.shr_u
        (select (i32.add (local.get $length) (i32.const 127)) (i32.const 128) (local.get $length))
        (i32.const 7)))
    (memory.copy (i32.const 512) (i32.const 1024) (i32.const 256))

    (loop $pair
      (memory.copy (i32.const 768) (i32.const 192) (i32.const 128))
      ;; Parameters: digest of 16 bytes, no hash key, one layer (RFC 7693, section 2.5).
      (v128.store offset=768 (i32.const 0)
        (v128.xor (v128.load offset=768 (i32.const 0)) (v128.const i64x2 0x01010010 0x01010010)))

      ;; Only the words that an id reaches differ from pair to pair; of one block, the rest stays.
      (if (i32.gt_u (local.get $blocks) (i32.const 1))
        (then (memory.copy (i32.const 512) (i32.const 1024) (i32.const 256))))
      (local.set $end (i32.add (local.get $in) (local.get $row)))
      (local.set $block (i32.const 0))
      (if (local.get $row)
        (then
          (loop $word
            (v128.store offset=512 (local.get $block)
              (v128.or
                (v128.load offset=1024 (local.get $block))
                (v128.load (local.get $in))))
            (local.set $block (i32.add (local.get $block) (i32.const 16)))
            (br_if $word
              (i32.lt_u
                (local.tee $in (i32.add (local.get $in) (i32.const 16)))
                (local.get $end))))))

      (local.set $block (i32.const 0))
      (loop $compress
        (local.set $block (i32.add (local.get $block) (i32.const 1)))
        (if (i32.lt_u (local.get $block) (local.get $blocks))
          (then
            (local.set $hashed (i32.shl (local.get $block) (i32.const 7)))
            (local.set $last (i64.const 0)))
          (else
            (local.set $hashed (local.get $length))
            (local.set $last (i64.const -1))))
        (local.set $v0 (v128.load offset=768 (i32.const 0)))
        (local.set $v1 (v128.load offset=784 (i32.const 0)))
        (local.set $v2 (v128.load offset=800 (i32.const 0)))
        (local.set $v3 (v128.load offset=816 (i32.const 0)))
        (local.set $v4 (v128.load offset=832 (i32.const 0)))
        (local.set $v5 (v128.load offset=848 (i32.const 0)))
        (local.set $v6 (v128.load offset=864 (i32.const 0)))
        (local.set $v7 (v128.load offset=880 (i32.const 0)))
        (local.set $v8 (v128.load offset=192 (i32.const 0)))
        (local.set $v9 (v128.load offset=208 (i32.const 0)))
        (local.set $v10 (v128.load offset=224 (i32.const 0)))
        (local.set $v11 (v128.load offset=240 (i32.const 0)))
        (local.set $v12
          (v128.xor
            (v128.load offset=256 (i32.const 0))
            (i64x2.splat (i64.extend_i32_u (local.get $hashed)))))
        (local.set $v13 (v128.load offset=272 (i32.const 0)))
        (local.set $v14
          (v128.xor (v128.load offset=288 (i32.const 0)) (i64x2.splat (local.get $last))))
        (local.set $v15 (v128.load offset=304 (i32.const 0)))

        (local.set $round (i32.const 0))
        (loop $rounds
          ;; G(0, 4, 8, 12)
          (local.set $v0 (i64x2.add (i64x2.add (local.get $v0) (v128.load offset=512 (i32.load8_u (local.get $round)))) (local.get $v4)))
          (local.set $v12 (v128.xor (local.get $v12) (local.get $v0)))
          (local.set $v12 (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 (local.get $v12) (local.get $v12)))
          (local.set $v8 (i64x2.add (local.get $v8) (local.get $v12)))
          (local.set $v4 (v128.xor (local.get $v4) (local.get $v8)))
          (local.set $v4 (i8x16.shuffle 3 4 5 6 7 0 1 2 11 12 13 14 15 8 9 10 (local.get $v4) (local.get $v4)))
          (local.set $v0 (i64x2.add (i64x2.add (local.get $v0) (v128.load offset=512 (i32.load8_u offset=1 (local.get $round)))) (local.get $v4)))
          (local.set $v12 (v128.xor (local.get $v12) (local.get $v0)))
          (local.set $v12 (i8x16.shuffle 2 3 4 5 6 7 0 1 10 11 12 13 14 15 8 9 (local.get $v12) (local.get $v12)))
          (local.set $v8 (i64x2.add (local.get $v8) (local.get $v12)))
          (local.set $v4 (v128.xor (local.get $v4) (local.get $v8)))
          (local.set $v4 (v128.or (i64x2.shr_u (local.get $v4) (i32.const 63)) (i64x2.add (local.get $v4) (local.get $v4))))

          ;; G(1, 5, 9, 13)
          (local.set $v1 (i64x2.add (i64x2.add (local.get $v1) (v128.load offset=512 (i32.load8_u offset=2 (local.get $round)))) (local.get $v5)))
          (local.set $v13 (v128.xor (local.get $v13) (local.get $v1)))
          (local.set $v13 (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 (local.get $v13) (local.get $v13)))
          (local.set $v9 (i64x2.add (local.get $v9) (local.get $v13)))
          (local.set $v5 (v128.xor (local.get $v5) (local.get $v9)))
          (local.set $v5 (i8x16.shuffle 3 4 5 6 7 0 1 2 11 12 13 14 15 8 9 10 (local.get $v5) (local.get $v5)))
          (local.set $v1 (i64x2.add (i64x2.add (local.get $v1) (v128.load offset=512 (i32.load8_u offset=3 (local.get $round)))) (local.get $v5)))
          (local.set $v13 (v128.xor (local.get $v13) (local.get $v1)))
          (local.set $v13 (i8x16.shuffle 2 3 4 5 6 7 0 1 10 11 12 13 14 15 8 9 (local.get $v13) (local.get $v13)))
          (local.set $v9 (i64x2.add (local.get $v9) (local.get $v13)))
          (local.set $v5 (v128.xor (local.get $v5) (local.get $v9)))
          (local.set $v5 (v128.or (i64x2.shr_u (local.get $v5) (i32.const 63)) (i64x2.add (local.get $v5) (local.get $v5))))

          ;; G(2, 6, 10, 14)
          (local.set $v2 (i64x2.add (i64x2.add (local.get $v2) (v128.load offset=512 (i32.load8_u offset=4 (local.get $round)))) (local.get $v6)))
          (local.set $v14 (v128.xor (local.get $v14) (local.get $v2)))
          (local.set $v14 (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 (local.get $v14) (local.get $v14)))
          (local.set $v10 (i64x2.add (local.get $v10) (local.get $v14)))
          (local.set $v6 (v128.xor (local.get $v6) (local.get $v10)))
          (local.set $v6 (i8x16.shuffle 3 4 5 6 7 0 1 2 11 12 13 14 15 8 9 10 (local.get $v6) (local.get $v6)))
          (local.set $v2 (i64x2.add (i64x2.add (local.get $v2) (v128.load offset=512 (i32.load8_u offset=5 (local.get $round)))) (local.get $v6)))
          (local.set $v14 (v128.xor (local.get $v14) (local.get $v2)))
          (local.set $v14 (i8x16.shuffle 2 3 4 5 6 7 0 1 10 11 12 13 14 15 8 9 (local.get $v14) (local.get $v14)))
          (local.set $v10 (i64x2.add (local.get $v10) (local.get $v14)))
          (local.set $v6 (v128.xor (local.get $v6) (local.get $v10)))
          (local.set $v6 (v128.or (i64x2.shr_u (local.get $v6) (i32.const 63)) (i64x2.add (local.get $v6) (local.get $v6))))

          ;; G(3, 7, 11, 15)
          (local.set $v3 (i64x2.add (i64x2.add (local.get $v3) (v128.load offset=512 (i32.load8_u offset=6 (local.get $round)))) (local.get $v7)))
          (local.set $v15 (v128.xor (local.get $v15) (local.get $v3)))
          (local.set $v15 (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 (local.get $v15) (local.get $v15)))
          (local.set $v11 (i64x2.add (local.get $v11) (local.get $v15)))
          (local.set $v7 (v128.xor (local.get $v7) (local.get $v11)))
          (local.set $v7 (i8x16.shuffle 3 4 5 6 7 0 1 2 11 12 13 14 15 8 9 10 (local.get $v7) (local.get $v7)))
          (local.set $v3 (i64x2.add (i64x2.add (local.get $v3) (v128.load offset=512 (i32.load8_u offset=7 (local.get $round)))) (local.get $v7)))
          (local.set $v15 (v128.xor (local.get $v15) (local.get $v3)))
          (local.set $v15 (i8x16.shuffle 2 3 4 5 6 7 0 1 10 11 12 13 14 15 8 9 (local.get $v15) (local.get $v15)))
          (local.set $v11 (i64x2.add (local.get $v11) (local.get $v15)))
          (local.set $v7 (v128.xor (local.get $v7) (local.get $v11)))
          (local.set $v7 (v128.or (i64x2.shr_u (local.get $v7) (i32.const 63)) (i64x2.add (local.get $v7) (local.get $v7))))

          ;; G(0, 5, 10, 15)
          (local.set $v0 (i64x2.add (i64x2.add (local.get $v0) (v128.load offset=512 (i32.load8_u offset=8 (local.get $round)))) (local.get $v5)))
          (local.set $v15 (v128.xor (local.get $v15) (local.get $v0)))
          (local.set $v15 (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 (local.get $v15) (local.get $v15)))
          (local.set $v10 (i64x2.add (local.get $v10) (local.get $v15)))
          (local.set $v5 (v128.xor (local.get $v5) (local.get $v10)))
          (local.set $v5 (i8x16.shuffle 3 4 5 6 7 0 1 2 11 12 13 14 15 8 9 10 (local.get $v5) (local.get $v5)))
          (local.set $v0 (i64x2.add (i64x2.add (local.get $v0) (v128.load offset=512 (i32.load8_u offset=9 (local.get $round)))) (local.get $v5)))
          (local.set $v15 (v128.xor (local.get $v15) (local.get $v0)))
          (local.set $v15 (i8x16.shuffle 2 3 4 5 6 7 0 1 10 11 12 13 14 15 8 9 (local.get $v15) (local.get $v15)))
          (local.set $v10 (i64x2.add (local.get $v10) (local.get $v15)))
          (local.set $v5 (v128.xor (local.get $v5) (local.get $v10)))
          (local.set $v5 (v128.or (i64x2.shr_u (local.get $v5) (i32.const 63)) (i64x2.add (local.get $v5) (local.get $v5))))

          ;; G(1, 6, 11, 12)
          (local.set $v1 (i64x2.add (i64x2.add (local.get $v1) (v128.load offset=512 (i32.load8_u offset=10 (local.get $round)))) (local.get $v6)))
          (local.set $v12 (v128.xor (local.get $v12) (local.get $v1)))
          (local.set $v12 (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 (local.get $v12) (local.get $v12)))
          (local.set $v11 (i64x2.add (local.get $v11) (local.get $v12)))
          (local.set $v6 (v128.xor (local.get $v6) (local.get $v11)))
          (local.set $v6 (i8x16.shuffle 3 4 5 6 7 0 1 2 11 12 13 14 15 8 9 10 (local.get $v6) (local.get $v6)))
          (local.set $v1 (i64x2.add (i64x2.add (local.get $v1) (v128.load offset=512 (i32.load8_u offset=11 (local.get $round)))) (local.get $v6)))
          (local.set $v12 (v128.xor (local.get $v12) (local.get $v1)))
          (local.set $v12 (i8x16.shuffle 2 3 4 5 6 7 0 1 10 11 12 13 14 15 8 9 (local.get $v12) (local.get $v12)))
          (local.set $v11 (i64x2.add (local.get $v11) (local.get $v12)))
          (local.set $v6 (v128.xor (local.get $v6) (local.get $v11)))
          (local.set $v6 (v128.or (i64x2.shr_u (local.get $v6) (i32.const 63)) (i64x2.add (local.get $v6) (local.get $v6))))

          ;; G(2, 7, 8, 13)
          (local.set $v2 (i64x2.add (i64x2.add (local.get $v2) (v128.load offset=512 (i32.load8_u offset=12 (local.get $round)))) (local.get $v7)))
          (local.set $v13 (v128.xor (local.get $v13) (local.get $v2)))
          (local.set $v13 (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 (local.get $v13) (local.get $v13)))
          (local.set $v8 (i64x2.add (local.get $v8) (local.get $v13)))
          (local.set $v7 (v128.xor (local.get $v7) (local.get $v8)))
          (local.set $v7 (i8x16.shuffle 3 4 5 6 7 0 1 2 11 12 13 14 15 8 9 10 (local.get $v7) (local.get $v7)))
          (local.set $v2 (i64x2.add (i64x2.add (local.get $v2) (v128.load offset=512 (i32.load8_u offset=13 (local.get $round)))) (local.get $v7)))
          (local.set $v13 (v128.xor (local.get $v13) (local.get $v2)))
          (local.set $v13 (i8x16.shuffle 2 3 4 5 6 7 0 1 10 11 12 13 14 15 8 9 (local.get $v13) (local.get $v13)))
          (local.set $v8 (i64x2.add (local.get $v8) (local.get $v13)))
          (local.set $v7 (v128.xor (local.get $v7) (local.get $v8)))
          (local.set $v7 (v128.or (i64x2.shr_u (local.get $v7) (i32.const 63)) (i64x2.add (local.get $v7) (local.get $v7))))

          ;; G(3, 4, 9, 14)
          (local.set $v3 (i64x2.add (i64x2.add (local.get $v3) (v128.load offset=512 (i32.load8_u offset=14 (local.get $round)))) (local.get $v4)))
          (local.set $v14 (v128.xor (local.get $v14) (local.get $v3)))
          (local.set $v14 (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 (local.get $v14) (local.get $v14)))
          (local.set $v9 (i64x2.add (local.get $v9) (local.get $v14)))
          (local.set $v4 (v128.xor (local.get $v4) (local.get $v9)))
          (local.set $v4 (i8x16.shuffle 3 4 5 6 7 0 1 2 11 12 13 14 15 8 9 10 (local.get $v4) (local.get $v4)))
          (local.set $v3 (i64x2.add (i64x2.add (local.get $v3) (v128.load offset=512 (i32.load8_u offset=15 (local.get $round)))) (local.get $v4)))
          (local.set $v14 (v128.xor (local.get $v14) (local.get $v3)))
          (local.set $v14 (i8x16.shuffle 2 3 4 5 6 7 0 1 10 11 12 13 14 15 8 9 (local.get $v14) (local.get $v14)))
          (local.set $v9 (i64x2.add (local.get $v9) (local.get $v14)))
          (local.set $v4 (v128.xor (local.get $v4) (local.get $v9)))
          (local.set $v4 (v128.or (i64x2.shr_u (local.get $v4) (i32.const 63)) (i64x2.add (local.get $v4) (local.get $v4))))

          (br_if $rounds
            (i32.lt_u
              (local.tee $round (i32.add (local.get $round) (i32.const 16)))
              (i32.const 192))))

        (v128.store offset=768 (i32.const 0)
          (v128.xor (v128.load offset=768 (i32.const 0)) (v128.xor (local.get $v0) (local.get $v8))))
        (v128.store offset=784 (i32.const 0)
          (v128.xor (v128.load offset=784 (i32.const 0)) (v128.xor (local.get $v1) (local.get $v9))))
        (v128.store offset=800 (i32.const 0)
          (v128.xor (v128.load offset=800 (i32.const 0)) (v128.xor (local.get $v2) (local.get $v10))))
        (v128.store offset=816 (i32.const 0)
          (v128.xor (v128.load offset=816 (i32.const 0)) (v128.xor (local.get $v3) (local.get $v11))))
        (v128.store offset=832 (i32.const 0)
          (v128.xor (v128.load offset=832 (i32.const 0)) (v128.xor (local.get $v4) (local.get $v12))))
        (v128.store offset=848 (i32.const 0)
          (v128.xor (v128.load offset=848 (i32.const 0)) (v128.xor (local.get $v5) (local.get $v13))))
        (v128.store offset=864 (i32.const 0)
          (v128.xor (v128.load offset=864 (i32.const 0)) (v128.xor (local.get $v6) (local.get $v14))))
        (v128.store offset=880 (i32.const 0)
          (v128.xor (v128.load offset=880 (i32.const 0)) (v128.xor (local.get $v7) (local.get $v15))))

        (if (i32.lt_u (local.get $block) (local.get $blocks))
          (then
            (memory.copy
              (i32.const 512)
              (i32.add (i32.const 1024) (i32.shl (local.get $block) (i32.const 8)))
              (i32.const 256))
            (br $compress))))

      ;; From a word of both hashes to both words of a hash.
      (local.set $v0 (v128.load offset=768 (i32.const 0)))
      (local.set $v1 (v128.load offset=784 (i32.const 0)))
      (v128.store (local.get $out)
        (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $v0) (local.get $v1)))
      (v128.store offset=16 (local.get $out)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $v0) (local.get $v1)))
      (local.set $out (i32.add (local.get $out) (i32.const 32)))
      (br_if $pair (local.tee $pairs (i32.sub (local.get $pairs) (i32.const 1)))))))
