/// <summary>Fits of random models that end with a covariance matrix of lower rank: found, and told as what they are.</summary>
module LmmFunctional.Tests.SingularTests

open Expecto
open LmmFunctional
open LmmFunctional.Properties

let private model seed rows fixedPart random criterion size hasWeights hasOffset isBalanced = {
    Seed = seed
    Rows = rows
    Fixed = fixedPart
    Random = random
    Residual = ""
    Held = []
    Criterion = criterion
    Size = size
    HasWeights = hasWeights
    HasOffset = hasOffset
    IsBalanced = isBalanced
}

let private ml, reml = Criterion.Ml, Criterion.Reml

// With the highest criterion allowed: where fits once ended, at saddles, on the way to a bound, or at one that was not
// seen because a rounding error stood in place of the zero.
let private cases = [
    model 959815 73 "f * x" "(0 + f | g)" ml 1.0 false false true, 311.098841303, [ "g (rank 2 of 3)" ]
    model 958847 73 "0 + x" "(0 + f | g)" reml 0.3 false false true, 278.973424729, [ "g (rank 2 of 3)" ]
    model 958847 60 "0 + f * copy" "(0 + f | g)" ml 1.0 true false true, 212.796789038, [ "g (rank 2 of 3)" ]
    model 569556 35 "0 + x" "(x | g) + (x | h)" ml 0.0 false false false,
    129.6912,
    [ "g (rank 1 of 2)"; "h (rank 1 of 2)" ]
    model 76230 50 "1" "(x | g) + (x | h)" reml 1.0 true true false, 179.30281, [ "g (rank 1 of 2)"; "h (rank 1 of 2)" ]
    model 113525 74 "0 + f + z" "(1 | g) + (x | h)" reml 0.0 false true true,
    211.18874,
    [ "g (Intercept)"; "h (rank 1 of 2)" ]
    model 883593 54 "0 + x" "(x | g) + (0 + z | g)" reml 0.3 false true true, 206.29726, [ "g (rank 1 of 2)" ]
    model 759626 73 "0 + x" "(x + z | g)" reml 0.0 false true true, 279.0439, [ "g (rank 1 of 3)" ]
    model 691389 76 "1" "(1 | g) + (x | h)" ml 0.3 false false false, 276.814, [ "h (rank 1 of 2)" ]
]

[<Tests>]
let tests =
    testList "SingularTests" [
        testCase "a lower rank is found and named" (fun () ->
            Law.assertHolds [
                for model, criterion, names in cases do
                    let fit = RandomModel.fit model
                    let where = $"{model.Seed}, {RandomModel.formula model}"
                    yield! Law.atMost $"{where}: criterion" (criterion + 1e-8) fit.CriterionValue

                    yield!
                        Law.isTrue
                            $"{where}: %A{fit.Certificate.Verdict}"
                            (fit.Certificate.Verdict = Verdict.BoundaryOptimum names)

                    for name, multiplier in fit.Certificate.Multipliers do
                        yield! Law.isTrue $"{where}: {name} has multiplier {multiplier}" (multiplier > 0.0)
            ])
    ]
