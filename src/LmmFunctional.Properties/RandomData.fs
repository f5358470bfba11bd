namespace LmmFunctional.Properties

open System
open LmmFunctional

/// <summary>A random model with its data: small enough to print, enough to make everything again.</summary>
type RandomModel = {
    Seed: int
    Rows: int
    Fixed: string
    Random: string
    Criterion: Criterion
    /// Standard deviations of the true random effects over that of the residual: zero gives fits at the boundary.
    Size: float
    HasWeights: bool
    HasOffset: bool
    /// Whether every pair of the levels of g and h is met equally often.
    IsBalanced: bool
    /// The structure of the residuals; empty where they are independent.
    Residual: string
    /// Variances held at known values, by name.
    Held: (string * float) list
}

/// <summary>Making the data of a random model.</summary>
[<RequireQualifiedAccess>]
module internal RandomData =

    let private normal (random: Random) =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    /// Whether levels are related by a known matrix.
    let isRelated model = model.Random.Contains "known"

    /// Whether a model has a structure of its own, or related levels.
    let isStructured model =
        model.Residual <> ""
        || isRelated model
        || List.contains model.Random RandomStructures.randoms

    /// The number of levels of g and h, and of k within g.
    let private levels model =
        let random = Random(model.Seed)
        3 + random.Next 4, 3 + random.Next 3, 2

    /// The columns of the data, numbers or text.
    let columns model : (string * Column) list =
        let random = Random(model.Seed + 1)
        let n = model.Rows
        let ofG, ofH, ofK = levels model

        let codes balanced count =
            if model.IsBalanced then
                Array.init n balanced
            else
                // All levels occur, most rows at random.
                Array.init n (fun i -> if i < count then i else random.Next count)

        let g = codes (fun i -> i % ofG) ofG
        let h = codes (fun i -> i / ofG % ofH) ofH
        let k = Array.init n (fun i -> (i / (ofG * ofH) + random.Next 2) % ofK)
        let f = Array.init n (fun i -> if i < 3 then i else random.Next 3)
        let x = Array.init n (fun _ -> 2.0 + normal random)
        let z = Array.init n (fun _ -> 30.0 * random.NextDouble() - 10.0)
        let o = Array.init n (fun _ -> 5.0 * normal random)

        let effects count =
            Array.init count (fun _ -> model.Size * normal random)

        let ug, xg, uh, zh, uk =
            effects ofG, effects ofG, effects ofH, effects ofH, effects (ofG * ofK)

        let w =
            Array.init n (fun i -> if i % 7 = 6 then 0.0 else 0.25 + 2.0 * random.NextDouble())

        // Seeds of their own: what has no structure is the same with and without them.
        let further, structured =
            RandomStructures.columns (model.Seed + 2) n model.Size normal

        let y =
            Array.init n (fun i ->
                let deviation =
                    if model.HasWeights && w[i] > 0.0 then
                        1.0 / sqrt w[i]
                    else
                        1.0

                20.0 + (if model.HasOffset then o[i] else 0.0) + x[i] - float f[i]
                + ug[g[i]]
                + 0.5 * x[i] * xg[g[i]]
                + uh[h[i]]
                + 0.1 * z[i] * zh[h[i]]
                + uk[g[i] * ofK + k[i]]
                + deviation * normal random
                + (if isStructured model then structured[i] else 0.0))

        let number, text = RandomStructures.number, RandomStructures.text

        [
            "y", number y
            "x", number x
            "z", number z
            "o", number o
            "w", number w
            "f", text "f" f
            // A coarser factor: its columns depend on those of f.
            "copy", text "c" (f |> Array.map (fun code -> if code = 0 then 0 else 1))
            "g", text "g" g
            "h", text "h" h
            "k", text "k" k
            yield! further
        ]
