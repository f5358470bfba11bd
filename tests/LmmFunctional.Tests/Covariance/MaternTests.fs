/// <summary>The Matérn correlation with any smoothness, against its closed forms and R's besselK.</summary>
module LmmFunctional.Tests.MaternTests

open System
open Expecto
open LmmFunctional.Estimation

let private at x nu =
    Matern.correlation (Jet.Variable(0, x)) (Jet.Variable(1, nu))

[<Tests>]
let tests =
    testList "MaternTests" [
        testPropertyWithConfig
            (Law.tries 50)
            "the integral agrees with the closed forms and their derivatives"
            (fun (seed: int) ->
                let x = exp (Random(seed).NextDouble() * 16.0 - 11.0)

                Law.holds [
                    for nu in [ 0.5; 1.5; 2.5 ] do
                        let struct (value, slope, curvature) = (Matern.closedForm nu).Value x
                        let jet = at x nu
                        let what name = $"{name} at x = {x}, nu = {nu}"
                        yield! Law.near (what "value") 3e-14 value jet.Value
                        yield! Law.relative (what "slope") 1e-11 slope (Jet.derivative 0 jet)
                        // For small x the second derivative is a difference of terms of the size of slope / x.
                        let size = max (abs slope / x) (abs curvature)
                        yield! Law.near (what "curvature") (1e-11 * size) curvature (Jet.secondDerivative 0 0 jet)
                ])

        testCases
            "a smoothness too large to compute with ends at once, as no number"
            [ 1.1e7; 1e20; 1e40; infinity ]
            (fun nu -> Check.isTrue (Double.IsNaN (Matern.correlation (Jet.number 1.0) (Jet.number nu)).Value))

        // Distances of a short range: log K ≈ ½ log(π/2x) − x + (4ν² − 1)/8x (Abramowitz and Stegun 9.7.2).
        testCases "far distances end at once" [ 1e3; 1e6; 1e12; 1e35 ] (fun x ->
            for nu in [ 0.3; 1.0; 4.3 ] do
                let struct (value, _, _) = (BesselIntegral.compute nu x).Order
                let expected = 0.5 * log (Math.PI / (2.0 * x)) + (4.0 * nu * nu - 1.0) / (8.0 * x)

                Law.assertHolds (
                    Law.near
                        $"log K at {x}, nu = {nu}"
                        (1e-9 + (4.0 * nu * nu + 9.0) ** 2.0 / (100.0 * x * x) + 1e-15 * x)
                        (expected - x)
                        value
                ))

        testPropertyWithConfig
            (Law.tries 50)
            "derivatives by distance and smoothness are those of differences"
            (fun (seed: int) ->
                let random = Random seed
                let tau = [| random.NextDouble() * 4.0 - 3.0; random.NextDouble() * 3.0 - 1.5 |]

                FormCases.differences $"tau = {tau[0]}, {tau[1]}" 1e-6 tau (fun tau -> [|
                    Matern.correlation (Unconstrained.positive tau[0]) (Unconstrained.positive tau[1])
                |])
                |> Law.holds)
    ]
