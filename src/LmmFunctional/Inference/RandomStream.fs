namespace LmmFunctional.Analysis

open System

/// <summary>A stream of random numbers that is a function of a seed and an index: one for each replicate, so that results do not
/// depend on which thread draws when.</summary>
/// <remarks>SplitMix64 (Steele, Lea and Flood 2014); normal deviates by the polar method of Marsaglia and Bray (1964).</remarks>
[<Sealed>]
type internal RandomStream(seed: uint64, index: int) =

    let golden = 0x9E3779B97F4A7C15UL

    static let mix (value: uint64) =
        let z = (value ^^^ (value >>> 30)) * 0xBF58476D1CE4E5B9UL
        let z = (z ^^^ (z >>> 27)) * 0x94D049BB133111EBUL
        z ^^^ (z >>> 31)

    // Streams start at places scattered over the period of 2⁶⁴.
    let mutable state = mix (mix (seed + golden) + uint64 index * golden)
    let mutable spare = nan

    /// A number evenly spread over (0, 1).
    member _.NextUniform() : float =
        state <- state + golden
        (float (mix state >>> 11) + 0.5) * (1.0 / 9007199254740992.0)

    /// A standard normal deviate.
    member stream.NextNormal() : float =
        if Double.IsNaN spare then
            let mutable u = 0.0
            let mutable v = 0.0
            let mutable square = 2.0

            while square >= 1.0 || square = 0.0 do
                u <- 2.0 * stream.NextUniform() - 1.0
                v <- 2.0 * stream.NextUniform() - 1.0
                square <- u * u + v * v

            let factor = sqrt (-2.0 * log square / square)
            spare <- v * factor
            u * factor
        else
            let value = spare
            spare <- nan
            value

    /// A whole number evenly spread over 0 .. count − 1.
    member stream.NextIndex(count: int) : int =
        min (count - 1) (int (stream.NextUniform() * float count))
