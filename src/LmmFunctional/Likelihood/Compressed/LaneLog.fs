namespace LmmFunctional.Estimation

open System.Runtime.CompilerServices
open System.Runtime.Intrinsics

/// <summary>Natural logarithms of eight numbers at a time.</summary>
/// <remarks>Here rather than the library's, which starts in unoptimised code: a fit would be over before it is fast.</remarks>
[<AbstractClass; Sealed>]
type internal LaneLog private () =

    /// <summary>log x for positive, normal, finite x; within two units in the last place.</summary>
    /// <remarks>x = 2ᵏ(1 + f), s = f/(2 + f), log(1 + f) = f − f²/2 + s(f²/2 + R(s²)) with the polynomial R of fdlibm's
    /// e_log.c (Sun Microsystems 1993).</remarks>
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member Of(x: Vector512<float>) : Vector512<float> =
        // Mantissas are taken from the root of one half to twice that, whose bits these are.
        let shifted =
            Vector512.Subtract(Vector512.AsInt64 x, Vector512.Create 0x3FE6A09E667F3BCDL)

        let exponent = Vector512.ShiftRightArithmetic(shifted, 52)

        let reduced =
            Vector512.Add(
                Vector512.BitwiseAnd(shifted, Vector512.Create 0x000FFFFFFFFFFFFFL),
                Vector512.Create 0x3FE6A09E667F3BCDL
            )

        let k = Vector512.ConvertToDouble exponent
        let f = Vector512.AsDouble reduced - Vector512<float>.One
        let s = f / (f + Vector512.Create 2.0)
        let z = s * s

        let inline next (r: Vector512<float>) (c: float) =
            Vector512.FusedMultiplyAdd(r, z, Vector512.Create c)

        let r = Vector512.Create 1.479819860511658591e-01
        let r = next r 1.531383769920937332e-01
        let r = next r 1.818357216161805012e-01
        let r = next r 2.222219843214978396e-01
        let r = next r 2.857142874366239149e-01
        let r = next r 3.999999999940941908e-01
        let r = z * next r 6.666666666666735130e-01
        let half = f * f * Vector512.Create 0.5

        let low =
            Vector512.FusedMultiplyAdd(k, Vector512.Create 1.90821492927058770002e-10, s * (half + r))

        Vector512.FusedMultiplyAdd(k, Vector512.Create 6.93147180369123816490e-01, f - (half - low))
