;; Runs a straight-line program on rows of bytes, 32 columns at a time.
;;
;; A program is a list of steps, five 32-bit words each:  factor  a  b  sum  both
;;
;;   sum = a + factor * b              in GF(2^8), for every column
;;   both = sum + b                    unless `both` is NONE or PAIR, or the factor is 1
;;
;; or, where `both` is PAIR, together with the factor' and b' of the step that follows,
;;
;;   sum = a + factor * b + factor' * b'
;;
;; `a`, `b`, `sum` and `both` name rows (0, 1, ...: at rows + name * stride) or slots (-1, -2, ...:
;; scratch strips). Columns are taken in strips that stay in the first-level cache while the whole
;; program runs over them. The last strip is moved left to end with the row, so that no byte outside
;; is touched; some of its columns are then computed twice. Hence a row that is read and written
;; must be written first; and width >= 32.
;;
;; A product is two look-ups: (factor * low nibble) + (factor * high nibble), from the 32 bytes that
;; the table keeps for each factor, as in Plank, Greenan, Miller, "Screaming Fast Galois Field
;; Arithmetic Using Intel SIMD Instructions" (FAST 2013).
;;
;; Memory: 0 .. 8191 the table; from 8192 the slots, 512 bytes each; then program and rows,
;; where the caller wants them.
(module
  (memory (export "memory") 1)

  ;; Engines inline these two.
  (func $at (param $name i32) (param $rows i32) (param $stride i32) (param $column i32) (result i32)
    (select
      (i32.add (i32.add (local.get $rows) (local.get $column))
               (i32.mul (local.get $name) (local.get $stride)))
      ;; Slot -1 lies at 8192, slot -2 at 8192 + 512, ...
      (i32.sub (i32.const 7680) (i32.shl (local.get $name) (i32.const 9)))
      (i32.ge_s (local.get $name) (i32.const 0))))

  (func $product (param $low v128) (param $high v128) (param $nibble v128) (param $b v128)
      (result v128)
    (v128.xor
      (i8x16.swizzle (local.get $low) (v128.and (local.get $b) (local.get $nibble)))
      (i8x16.swizzle (local.get $high)
        (v128.and (i64x2.shr_u (local.get $b) (i32.const 4)) (local.get $nibble)))))

  (func (export "run")
      (param $step i32) (param $end i32) (param $rows i32) (param $stride i32) (param $width i32)
    (local $start i32) (local $left i32) (local $round i32) (local $length i32) (local $column i32)
    (local $factor i32) (local $low v128) (local $high v128) (local $nibble v128)
    (local $a i32) (local $b i32) (local $sum i32) (local $both i32) (local $stop i32)
    (local $vb v128) (local $vsum v128)
    (local $b2 i32) (local $low2 v128) (local $high2 v128)
    (local.set $nibble (i8x16.splat (i32.const 15)))
    (local.set $start (local.get $step))
    (local.set $left (local.get $width))
    (local.set $round
      (select (i32.const 31) (i32.const 0) (i32.gt_u (local.get $width) (i32.const 512))))
    (loop $strips
      ;; length = min(512, left in units of 32, at least one): rounded up where the row is long
      ;; enough to move the strip left, down where this is the first strip.
      (local.set $length
        (select (i32.const 512)
                (i32.and (i32.add (local.get $left) (local.get $round)) (i32.const -32))
                (i32.gt_u (local.get $left) (i32.const 512))))
      (local.set $length
        (select (local.get $length) (i32.const 32) (local.get $length)))
      (local.set $left (i32.sub (local.get $left) (local.get $length)))
      ;; column = width - left - length, where left < 0 means: move this last strip left.
      (local.set $column
        (i32.sub
          (i32.sub (local.get $width) (local.get $length))
          (select (local.get $left) (i32.const 0) (i32.gt_s (local.get $left) (i32.const 0)))))
      (local.set $step (local.get $start))
      (loop $steps
        (local.set $factor (i32.load (local.get $step)))
        (local.set $a (call $at (i32.load offset=4 (local.get $step))
          (local.get $rows) (local.get $stride) (local.get $column)))
        (local.set $b (call $at (i32.load offset=8 (local.get $step))
          (local.get $rows) (local.get $stride) (local.get $column)))
        (local.set $sum (call $at (i32.load offset=12 (local.get $step))
          (local.get $rows) (local.get $stride) (local.get $column)))
        (local.set $both (i32.load offset=16 (local.get $step)))
        (local.set $low (v128.load (i32.shl (local.get $factor) (i32.const 5))))
        (local.set $high (v128.load offset=16 (i32.shl (local.get $factor) (i32.const 5))))
        (local.set $stop (i32.add (local.get $sum) (local.get $length)))
        (if (i32.eq (local.get $both) (i32.const 0x7ffffffe)) ;; PAIR
          (then
            (local.set $step (i32.add (local.get $step) (i32.const 20)))
            (local.set $factor (i32.load (local.get $step)))
            (local.set $b2 (call $at (i32.load offset=8 (local.get $step))
              (local.get $rows) (local.get $stride) (local.get $column)))
            (local.set $low2 (v128.load (i32.shl (local.get $factor) (i32.const 5))))
            (local.set $high2 (v128.load offset=16 (i32.shl (local.get $factor) (i32.const 5))))
            (loop $pair
              (v128.store (local.get $sum)
                (v128.xor (v128.load (local.get $a))
                  (v128.xor
                    (call $product (local.get $low) (local.get $high) (local.get $nibble)
                      (v128.load (local.get $b)))
                    (call $product (local.get $low2) (local.get $high2) (local.get $nibble)
                      (v128.load (local.get $b2))))))
              (v128.store offset=16 (local.get $sum)
                (v128.xor (v128.load offset=16 (local.get $a))
                  (v128.xor
                    (call $product (local.get $low) (local.get $high) (local.get $nibble)
                      (v128.load offset=16 (local.get $b)))
                    (call $product (local.get $low2) (local.get $high2) (local.get $nibble)
                      (v128.load offset=16 (local.get $b2))))))
              (local.set $a (i32.add (local.get $a) (i32.const 32)))
              (local.set $b (i32.add (local.get $b) (i32.const 32)))
              (local.set $b2 (i32.add (local.get $b2) (i32.const 32)))
              (local.set $sum (i32.add (local.get $sum) (i32.const 32)))
              (br_if $pair (i32.lt_u (local.get $sum) (local.get $stop)))))
          (else (if (i32.eq (local.get $factor) (i32.const 1))
          (then
            (loop $add
              (v128.store (local.get $sum)
                (v128.xor (v128.load (local.get $a)) (v128.load (local.get $b))))
              (v128.store offset=16 (local.get $sum)
                (v128.xor (v128.load offset=16 (local.get $a)) (v128.load offset=16 (local.get $b))))
              (local.set $a (i32.add (local.get $a) (i32.const 32)))
              (local.set $b (i32.add (local.get $b) (i32.const 32)))
              (local.set $sum (i32.add (local.get $sum) (i32.const 32)))
              (br_if $add (i32.lt_u (local.get $sum) (local.get $stop)))))
          (else
            (if (i32.eq (local.get $both) (i32.const 0x7fffffff)) ;; NONE
              (then
                (loop $multiply
                  (v128.store (local.get $sum)
                    (v128.xor (v128.load (local.get $a))
                      (call $product (local.get $low) (local.get $high) (local.get $nibble)
                        (v128.load (local.get $b)))))
                  (v128.store offset=16 (local.get $sum)
                    (v128.xor (v128.load offset=16 (local.get $a))
                      (call $product (local.get $low) (local.get $high) (local.get $nibble)
                        (v128.load offset=16 (local.get $b)))))
                  (local.set $a (i32.add (local.get $a) (i32.const 32)))
                  (local.set $b (i32.add (local.get $b) (i32.const 32)))
                  (local.set $sum (i32.add (local.get $sum) (i32.const 32)))
                  (br_if $multiply (i32.lt_u (local.get $sum) (local.get $stop)))))
              (else
                (local.set $both (call $at (local.get $both)
                  (local.get $rows) (local.get $stride) (local.get $column)))
                (loop $butterfly
                  (local.set $vb (v128.load (local.get $b)))
                  (local.set $vsum
                    (v128.xor (v128.load (local.get $a))
                      (call $product (local.get $low) (local.get $high) (local.get $nibble)
                        (local.get $vb))))
                  (v128.store (local.get $sum) (local.get $vsum))
                  (v128.store (local.get $both) (v128.xor (local.get $vsum) (local.get $vb)))
                  (local.set $vb (v128.load offset=16 (local.get $b)))
                  (local.set $vsum
                    (v128.xor (v128.load offset=16 (local.get $a))
                      (call $product (local.get $low) (local.get $high) (local.get $nibble)
                        (local.get $vb))))
                  (v128.store offset=16 (local.get $sum) (local.get $vsum))
                  (v128.store offset=16 (local.get $both) (v128.xor (local.get $vsum) (local.get $vb)))
                  (local.set $a (i32.add (local.get $a) (i32.const 32)))
                  (local.set $b (i32.add (local.get $b) (i32.const 32)))
                  (local.set $sum (i32.add (local.get $sum) (i32.const 32)))
                  (local.set $both (i32.add (local.get $both) (i32.const 32)))
                  (br_if $butterfly (i32.lt_u (local.get $sum) (local.get $stop))))))))))
        (br_if $steps
          (i32.lt_u (local.tee $step (i32.add (local.get $step) (i32.const 20)))
                    (local.get $end))))
      (br_if $strips (i32.gt_s (local.get $left) (i32.const 0))))))
