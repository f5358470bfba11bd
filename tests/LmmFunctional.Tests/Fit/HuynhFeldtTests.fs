/// Huynh and Feldt's matrix: what it says of differences, and a fit by a dense likelihood in R.
module LmmFunctional.Tests.HuynhFeldtTests

open Expecto
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

let private form m =
    StructureForm.create Structure.HuynhFeldt (FormCases.line m)

let private matrix m tau =
    CovarianceForm.matrix (form m) (Jet.constants tau) [| 0 .. m - 1 |]
    |> Array.map _.Value

[<Tests>]
let tests =
    testList "HuynhFeldtTests" [
        testPropertyWithConfig (Law.tries 50) "all differences have the variance 2λ" (fun (seed: int) ->
            Law.holds [
                for m in [ 2; 3; 6 ] do
                    let tau = FormCases.random seed m 1.5
                    let v = matrix m tau
                    let lambda = ((form m).Natural(Jet.constants tau) |> Array.last).Value

                    for i in 0 .. m - 1 do
                        for j in 0 .. i - 1 do
                            let difference = v[i + i * m] + v[j + j * m] - 2.0 * v[i + j * m]
                            yield! Law.near $"({i}, {j})" (1e-12 * max 1.0 (Array.max v)) (2.0 * lambda) difference
            ])

        // Compound symmetry up to its ends, and beyond them nothing.
        testCase "every positive definite matrix has its parameters, and no other" (fun () ->
            let m = 4

            // With equal variances λ is 1 − ρ, and ρ > −1/3.
            let natural rho = [| 1.0; 1.0; 1.0; 1.0 - rho |]

            Law.assertHolds [
                for rho in [ -0.33; 0.0; 0.5; 0.99 ] do
                    match (form m).Unconstrained(natural rho) with
                    | Some tau -> yield! Law.near $"{rho}" 1e-12 rho (matrix m tau).[1]
                    | None -> $"no parameters for {rho}"

                for rho in [ -0.34; 1.0 ] do
                    yield! Law.isTrue $"{rho}" ((form m).Unconstrained(natural rho)).IsNone
            ])

        // REML by optim of R 4.2.2 over variances and λ, the matrix formed as written: tests/data/reference/hf.R.
        testCase "The fit of orthodont is that of a dense likelihood" (fun () ->
            let fit = Nlme.fit "orthodont" "distance ~ age * Sex; residual = hf(age | Subject)"

            let found =
                fit.CovarianceParameters
                |> List.map (fun parameter -> parameter.Name, parameter.Estimate)
                |> Map.ofList

            let first = found["sigma"] ** 2.0

            Law.assertHolds [
                yield! Law.isTrue $"{fit.Certificate.Verdict}" fit.Certificate.IsConverged
                yield! Law.near "criterion" 1e-7 432.06929766611665 fit.CriterionValue
                yield! Law.relative "variance at 8" 1e-4 4.98654618806124 first

                for age, expected in [ "10", 4.37217706874843; "12", 6.10317070272389; "14", 5.23800459221924 ] do
                    yield! Law.relative $"variance at {age}" 1e-4 expected (first * found[$"sd({age})"] ** 2.0)

                yield! Law.relative "lambda" 1e-4 1.92205481409478 (first * found["lambda"])

                for name, expected, se in
                    [
                        "(Intercept)", 17.3924366910752, 1.12144636250568
                        "age", 0.479545454545459, 0.0934698496379442
                        "SexMale", -1.11086762954238, 1.45680155836735
                        "age:SexMale", 0.304829545454541, 0.121420896411557
                    ] do
                    let own = fit.Coefficients |> List.find (fun own -> own.Name = name)
                    yield! Law.near name 1e-4 expected own.Estimate
                    yield! Law.relative $"standard error of {name}" 1e-4 se own.StandardError
            ])
    ]
